// Made by codegen/generate.py; not to be edited.
#include "gen/sample/types.h"

#include <cstddef>

#pragma GCC diagnostic ignored "-Winvalid-offsetof"

namespace terrarium::gen::sample {
namespace {

constexpr char kPool[] =
  "keyvalueTagStringValuenamechildrenChildListOfChildmemberblob_valueflagsmallbigratiotagsnamescountsnestedby_nameSampleBlo"
  "bValueBoolValueIntValueLongValueDoubleValueTimeValueListOfTagListOfStringValueMapOfIntValueListOfListOfStringValueMapOfT"
  "agOlder";
constexpr codec::Member kMembers[] = {
  {{0,3},{0,3},{0,3},1,offsetof(Tag, key),1,codec::kRequired,codec::Location::kBody,codec::TimeFormat::kDefault},  // Tag.key
  {{3,5},{3,5},{3,5},1,offsetof(Tag, value),2,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Tag.value
  {{22,4},{22,4},{22,4},1,offsetof(Child, name),1,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Child.name
  {{26,8},{26,8},{26,8},3,offsetof(Child, children),2,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Child.children
  {{22,4},{22,4},{22,4},1,offsetof(Sample, name),1,codec::kRequired,codec::Location::kBody,codec::TimeFormat::kDefault},  // Sample.name
  {{56,10},{56,10},{56,10},5,offsetof(Sample, blob_value),2,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Sample.blob_value
  {{66,4},{66,4},{66,4},6,offsetof(Sample, flag),3,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Sample.flag
  {{70,5},{70,5},{70,5},7,offsetof(Sample, small),4,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Sample.small
  {{75,3},{75,3},{75,3},8,offsetof(Sample, big),5,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Sample.big
  {{78,5},{78,5},{78,5},9,offsetof(Sample, ratio),6,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Sample.ratio
  {{79,2},{79,2},{79,2},10,offsetof(Sample, at),7,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Sample.at
  {{83,4},{83,4},{83,4},11,offsetof(Sample, tags),8,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Sample.tags
  {{87,5},{87,5},{87,5},12,offsetof(Sample, names),9,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Sample.names
  {{92,6},{92,6},{92,6},13,offsetof(Sample, counts),10,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Sample.counts
  {{26,5},{26,5},{26,5},2,offsetof(Sample, child),11,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Sample.child
  {{98,6},{98,6},{98,6},14,offsetof(Sample, nested),12,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Sample.nested
  {{104,7},{104,7},{104,7},15,offsetof(Sample, by_name),13,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Sample.by_name
  {{22,4},{22,4},{22,4},1,offsetof(Older, name),1,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Older.name
  {{70,5},{70,5},{70,5},7,offsetof(Older, small),4,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // Older.small
};
constexpr codec::Shape kShapes[] = {
  {codec::Kind::kStructure,0,codec::kNoShape,2,0,sizeof(Tag),{8,3},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 0
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{11,11},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 1
  {codec::Kind::kStructure,0,codec::kNoShape,2,2,sizeof(Child),{34,5},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 2
  {codec::Kind::kList,0,2,0,0,sizeof(Child),{39,11},{50,6},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 3
  {codec::Kind::kStructure,0,codec::kNoShape,13,4,sizeof(Sample),{111,6},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 4
  {codec::Kind::kBlob,0,codec::kNoShape,0,0,0,{117,9},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 5
  {codec::Kind::kBoolean,0,codec::kNoShape,0,0,0,{126,9},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 6
  {codec::Kind::kInteger,0,codec::kNoShape,0,0,0,{135,8},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 7
  {codec::Kind::kLong,0,codec::kNoShape,0,0,0,{143,9},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 8
  {codec::Kind::kDouble,0,codec::kNoShape,0,0,0,{152,11},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 9
  {codec::Kind::kTimestamp,0,codec::kNoShape,0,0,0,{163,9},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 10
  {codec::Kind::kList,0,0,0,0,sizeof(Tag),{172,9},{50,6},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 11
  {codec::Kind::kList,0,1,0,0,sizeof(Str),{181,17},{50,6},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 12
  {codec::Kind::kMap,0,7,0,0,sizeof(Entry<std::int32_t>),{198,13},{0,3},{3,5},codec::kNoMinimum,codec::kNoMaximum},  // 13
  {codec::Kind::kList,0,12,0,0,sizeof(List<Str>),{211,23},{50,6},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 14
  {codec::Kind::kMap,0,0,0,0,sizeof(Entry<Tag>),{234,8},{0,3},{3,5},codec::kNoMinimum,codec::kNoMaximum},  // 15
  {codec::Kind::kStructure,0,codec::kNoShape,2,17,sizeof(Older),{242,5},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 16
};

}  // namespace

const codec::Tables kTables = {kShapes, kMembers, nullptr, kPool, 17};

}  // namespace terrarium::gen::sample
