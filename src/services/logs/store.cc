#include "services/logs/store.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"

namespace terrarium::logs {
namespace {

constexpr std::int64_t kDay = 86'400'000;

std::string EventKey(std::string_view group_key, Position p) { return std::string(group_key) + "\x1f" + PositionText(p); }
std::unexpected<Error> NoGroup() { return ApiError("ResourceNotFoundException", "The specified log group does not exist.", ErrorKind::kNotFound); }

// Same length for every position, so that text order is order; time is never negative here.
std::string Digits(std::int64_t v, int width) {
  char out[64];
  std::snprintf(out, sizeof out, "%0*lld", width, static_cast<long long>(std::max<std::int64_t>(0, v)));
  return out;
}

}  // namespace

std::string PositionText(Position p) { return Digits(p.time, 28) + Digits(p.number, 28); }

std::optional<Position> ParsePosition(std::string_view text) {
  if (text.size() != 56) return std::nullopt;
  Position out;
  for (int i = 0; i < 2; ++i) {
    std::string_view part = text.substr(static_cast<std::size_t>(i) * 28, 28);
    part.remove_prefix(std::min(part.find_first_not_of('0'), part.size() - 1));
    const auto v = ParseInt(part);
    if (!v) return std::nullopt;
    (i == 0 ? out.time : out.number) = *v;
  }
  return out;
}

std::string GroupArn(std::string_view account, std::string_view region, std::string_view group) {
  return "arn:aws:logs:" + std::string(region) + ":" + std::string(account) + ":log-group:" + std::string(group);
}
std::string StreamArn(const Place& place) { return GroupArn(place.account, place.region, place.group) + ":log-stream:" + place.stream; }

UnixMillis OldestKept(const rows::Group& group, UnixMillis now) { return group.retention_days ? now - *group.retention_days * kDay : 0; }

List<rows::Event*> ReadEvents(store::Tx& tx, Arena& arena, std::string_view group_key, std::optional<std::string_view> stream, Position after, Position before,
                              Direction direction, std::int64_t most) {
  tx.EnsureTable("logs_event");
  const std::string order = direction == Direction::kForward ? "ASC" : "DESC";
  store::Statement& s = tx.Sql("SELECT body FROM logs_event WHERE key > ?1 AND key < ?2" + std::string(stream ? " AND owner = ?4" : "") + " ORDER BY key " + order + " LIMIT ?3");
  const std::string from = EventKey(group_key, after), to = EventKey(group_key, before), owner = stream ? StreamKey(group_key, *stream) : std::string();
  s.Bind(1, from).Bind(2, to).Bind(3, most);
  if (stream) s.Bind(4, owner);
  List<rows::Event*> out;
  out.Present(arena);
  while (s.Step(tx)) {
    auto row = codec::FromRow<rows::Event>(s.Text(0), arena);
    TERRARIUM_CHECK(row.has_value());
    out.Add(arena, *row);
  }
  s.Reset();
  if (direction == Direction::kBackward) std::reverse(out.begin(), out.end());
  return out;
}

void DropExpired(store::Tx& tx, Arena& arena, std::string_view group_key, rows::Group& group, UnixMillis now) {
  if (!group.retention_days) return;
  const Position limit{OldestKept(group, now), 0};
  for (const rows::Event* e : ReadEvents(tx, arena, group_key, std::nullopt, {0, -1}, limit, Direction::kForward, 1000)) {
    group.stored_bytes = group.stored_bytes.value_or(0) - static_cast<std::int64_t>(e->message.view().size() + 26);
    kEvents.Delete(tx, EventKey(group_key, {e->time.value_or(0), e->number.value_or(0)}));
  }
}

void DropEventsOf(store::Tx& tx, std::string_view stream_key) {
  tx.EnsureTable("logs_event");
  store::Statement& s = tx.Sql("DELETE FROM logs_event WHERE owner = ?1");
  s.Bind(1, stream_key);
  s.Step(tx);
}

void DropGroup(store::Tx& tx, Arena& arena, std::string_view group_key) {
  for (const rows::Stream* stream : kStreams.ListOwner(tx, group_key, arena)) {
    const std::string key = StreamKey(group_key, stream->name);
    DropEventsOf(tx, key);
    kStreams.Delete(tx, key);
  }
  kGroups.Delete(tx, group_key);
}

Status FindGroup(store::Tx& tx, Arena& arena, const Place& place) {
  if (kGroups.Find(tx, GroupKey(place.account, place.region, place.group), arena) == nullptr) return NoGroup();
  return {};
}

Status MakeGroup(store::Tx& tx, Arena& arena, const Place& place, UnixMillis now) {
  const std::string key = GroupKey(place.account, place.region, place.group);
  if (kGroups.Find(tx, key, arena) != nullptr) return ApiError("ResourceAlreadyExistsException", "The specified log group already exists", ErrorKind::kConflict);
  rows::Group group;
  group.name = Str(place.group);
  group.created_at = now;
  group.stored_bytes = 0;
  group.next_number = 1;
  kGroups.Put(tx, key, group);
  return {};
}

Status MakeStream(store::Tx& tx, Arena& arena, const Place& place, UnixMillis now) {
  TRY(FindGroup(tx, arena, place));
  const std::string group_key = GroupKey(place.account, place.region, place.group), key = StreamKey(group_key, place.stream);
  if (kStreams.Find(tx, key, arena) != nullptr) return ApiError("ResourceAlreadyExistsException", "The specified log stream already exists", ErrorKind::kConflict);
  rows::Stream stream;
  stream.name = Str(place.stream);
  stream.created_at = now;
  kStreams.Put(tx, key, stream, group_key);
  return {};
}

Status Append(store::Tx& tx, Arena& arena, const Place& place, const std::vector<NewEvent>& events, UnixMillis now) {
  const std::string group_key = GroupKey(place.account, place.region, place.group), key = StreamKey(group_key, place.stream);
  rows::Group* group = kGroups.Find(tx, group_key, arena);
  if (group == nullptr) return NoGroup();
  rows::Stream* stream = kStreams.Find(tx, key, arena);
  if (stream == nullptr) return ApiError("ResourceNotFoundException", "The specified log stream does not exist.", ErrorKind::kNotFound);
  for (const NewEvent& e : events) {
    if (e.message.empty()) continue;
    rows::Event row;
    row.stream = Str(place.stream);
    row.time = e.time;
    row.ingested_at = now;
    row.message = Str(e.message);
    row.number = group->next_number.value_or(1);
    group->next_number = *row.number + 1;
    group->stored_bytes = group->stored_bytes.value_or(0) + static_cast<std::int64_t>(e.message.size() + 26);
    stream->first_event_at = std::min(stream->first_event_at.value_or(e.time), e.time);
    stream->last_event_at = std::max(stream->last_event_at.value_or(e.time), e.time);
    kEvents.Put(tx, EventKey(group_key, {e.time, *row.number}), row, key);
  }
  stream->last_ingested_at = now;
  DropExpired(tx, arena, group_key, *group, now);
  kStreams.Put(tx, key, *stream, group_key);
  kGroups.Put(tx, group_key, *group);
  return {};
}

}  // namespace terrarium::logs
