#include "provider/rpc/wire.h"

#include "provider/schema/conform.h"
#include "provider/value/json.h"
#include "provider/value/msgpack.h"

namespace terrarium::provider {
namespace {

void WriteBody(const Body& body, tfplugin5::Schema::Block* out) {
  for (const auto& attribute : body.attributes) {
    auto& one = *out->add_attributes();
    one.set_name(std::string(attribute.name));
    one.set_type(WriteJson(TypeAsValue(attribute.type)));
    one.set_required(Has(attribute.use, Use::kRequired));
    one.set_optional(Has(attribute.use, Use::kOptional));
    one.set_computed(Has(attribute.use, Use::kComputed));
    one.set_sensitive(Has(attribute.use, Use::kSensitive));
    one.set_deprecated(Has(attribute.use, Use::kDeprecated));
    one.set_write_only(Has(attribute.use, Use::kWriteOnly));
  }
  for (const auto& block : body.blocks) {
    auto& one = *out->add_block_types();
    one.set_type_name(std::string(block.name));
    one.set_nesting(static_cast<tfplugin5::Schema::NestedBlock::NestingMode>(block.nesting));
    one.set_min_items(block.min_items);
    one.set_max_items(block.max_items);
    WriteBody(block.body, one.mutable_block());
  }
}

}  // namespace

Value ValueReader::operator()(const tfplugin5::DynamicValue& wire, const Body& body) {
  const bool is_json = wire.msgpack().empty() && !wire.json().empty();
  auto value = is_json ? ParseJson(wire.json()) : DecodeMsgpack(wire.msgpack());
  if (value) return Conform(body, *value);
  if (complaint_.empty()) complaint_ = value.error().message;
  return {};
}

grpc::Status ValueReader::Status() const {
  return complaint_.empty() ? grpc::Status::OK : grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, complaint_);
}

void Write(const Value& value, tfplugin5::DynamicValue* out) { out->set_msgpack(EncodeMsgpack(value)); }

void Write(const Path& path, tfplugin5::AttributePath* out) {
  for (const auto& step : path.steps) {
    if (const auto* name = std::get_if<std::string>(&step)) out->add_steps()->set_attribute_name(*name);
    else out->add_steps()->set_element_key_int(std::get<std::int64_t>(step));
  }
}

void Write(const Schema& schema, tfplugin5::Schema* out) {
  out->set_version(schema.version);
  out->mutable_block()->set_version(schema.version);
  WriteBody(schema.body, out->mutable_block());
}

void Write(const Diagnostics& diagnostics, google::protobuf::RepeatedPtrField<tfplugin5::Diagnostic>* out) {
  for (const auto& diagnostic : diagnostics) {
    auto& one = *out->Add();
    one.set_severity(diagnostic.severity == Severity::kError ? tfplugin5::Diagnostic::ERROR
                                                             : tfplugin5::Diagnostic::WARNING);
    one.set_summary(diagnostic.summary);
    one.set_detail(diagnostic.detail);
    if (!diagnostic.path.steps.empty()) Write(diagnostic.path, one.mutable_attribute());
  }
}

}  // namespace terrarium::provider
