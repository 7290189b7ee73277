#include <algorithm>

#include "services/logs/ops.h"
#include "services/logs/pattern.h"

namespace terrarium::logs {
namespace {

// Pages of AWS are at most 1 MB and 10,000 events.
constexpr std::int64_t kMostEvents = 10'000, kMostBytes = 1'048'576;

Position FromTime(std::int64_t time) { return {time, -1}; }  // before every event of that millisecond

// Takes events off the end that is further on, until the page is small enough.
void Trim(List<rows::Event*>& events, Direction direction) {
  std::int64_t bytes = 0;
  const std::size_t n = events.size();
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t at = direction == Direction::kForward ? i : n - 1 - i;
    bytes += static_cast<std::int64_t>(events[at]->message.view().size() + 26);
    if (bytes <= kMostBytes || i == 0) continue;
    if (direction == Direction::kBackward) std::copy(events.begin() + at + 1, events.end(), events.begin());
    events.count = static_cast<std::uint32_t>(i);
    return;
  }
}

Result<wire::GetLogEventsResponse*> GetLogEvents(api::Call& call, const wire::GetLogEventsRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, request.log_group_name, request.log_group_identifier));
  if (!kStreams.Exists(call.tx, StreamKey(group.key, request.log_stream_name))) {
    return ApiError("ResourceNotFoundException", "The specified log stream does not exist.", ErrorKind::kNotFound);
  }
  Direction direction = request.start_from_head.value_or(false) ? Direction::kForward : Direction::kBackward;
  Position after = FromTime(std::max(request.start_time.value_or(0), OldestKept(*group.row, call.Now())));
  Position before = request.end_time ? FromTime(*request.end_time) : Position{INT64_MAX, 0};
  std::optional<Position> from;
  if (request.next_token) {
    const std::string_view token = request.next_token;
    if (token.size() == 60 && (token.starts_with("f/") || token.starts_with("b/")) && token.ends_with("/s")) from = ParsePosition(token.substr(2, 56));
    if (!from) return Invalid("The specified nextToken is invalid.");
    direction = token[0] == 'f' ? Direction::kForward : Direction::kBackward;
    if (direction == Direction::kForward) {
      if (from->time > after.time || (from->time == after.time && from->number > after.number)) after = *from;
    } else if (from->time < before.time || (from->time == before.time && from->number < before.number)) {
      before = *from;
    }
  }
  List<rows::Event*> events =
      ReadEvents(call.tx, call.arena, group.key, request.log_stream_name.view(), after, before, direction, std::min<std::int64_t>(request.limit.value_or(10'000), kMostEvents));
  Trim(events, direction);
  auto* out = call.arena.New<wire::GetLogEventsResponse>();
  out->events.Present(call.arena);
  for (const rows::Event* e : events) {
    auto& w = out->events.Add(call.arena);
    w.timestamp = e->time;
    w.message = e->message;
    w.ingestion_time = e->ingested_at;
  }
  // A token holds the last event that was seen; at an end it is the one that came, which is the only sign of the end.
  const Position none = from.value_or(direction == Direction::kForward ? after : before);
  const Position first = events.empty() ? none : Position{*events[0]->time, *events[0]->number};
  const Position last = events.empty() ? none : Position{*events[events.size() - 1]->time, *events[events.size() - 1]->number};
  out->next_forward_token = call.arena.Copy("f/" + PositionText(last) + "/s");
  out->next_backward_token = call.arena.Copy("b/" + PositionText(first) + "/s");
  return out;
}

Result<wire::FilterLogEventsResponse*> FilterLogEvents(api::Call& call, const wire::FilterLogEventsRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, request.log_group_name, request.log_group_identifier));
  if (!request.log_stream_names.empty() && request.log_stream_name_prefix) return Invalid("logStreamNames and logStreamNamePrefix cannot be used together.");
  if (request.start_from_head && !*request.start_from_head) return Refused("startFromHead=false of FilterLogEvents");
  for (const Str& s : request.log_stream_names) {
    if (!kStreams.Exists(call.tx, StreamKey(group.key, s))) return ApiError("ResourceNotFoundException", "The specified log stream does not exist.", ErrorKind::kNotFound);
  }
  TRY_ASSIGN(const Pattern pattern, Pattern::Parse(request.filter_pattern.value_or("")));
  Position after = FromTime(std::max(request.start_time.value_or(0), OldestKept(*group.row, call.Now())));
  // The end is part of the range here, unlike in GetLogEvents.
  const Position before = request.end_time ? FromTime(*request.end_time + 1) : Position{INT64_MAX, 0};
  if (request.next_token) {
    const auto from = ParsePosition(request.next_token);
    if (!from) return Invalid("The specified nextToken is invalid.");
    after = *from;
  }
  auto* out = call.arena.New<wire::FilterLogEventsResponse>();
  out->events.Present(call.arena);
  out->searched_log_streams.Present(call.arena);
  const auto limit = static_cast<std::size_t>(std::min<std::int64_t>(request.limit.value_or(10'000), kMostEvents));
  // One batch is looked at a call: a pattern that seldom matches answers with few events, or none, and a token.
  List<rows::Event*> events = ReadEvents(call.tx, call.arena, group.key, std::nullopt, after, before, Direction::kForward, kMostEvents);
  const bool more = events.size() == static_cast<std::size_t>(kMostEvents);
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const rows::Event& e = *events[i];
    const bool in_stream = (request.log_stream_names.empty() || std::any_of(request.log_stream_names.begin(), request.log_stream_names.end(), [&](const Str& s) { return s == e.stream; })) &&
                           e.stream.view().starts_with(request.log_stream_name_prefix.value_or(""));
    if (in_stream && pattern.Matches(e.message)) {
      bytes += static_cast<std::int64_t>(e.message.view().size() + 26);
      if (out->events.size() == limit || (bytes > kMostBytes && !out->events.empty())) {
        out->next_token = call.arena.Copy(PositionText({*events[i - 1]->time, *events[i - 1]->number}));
        return out;
      }
      auto& w = out->events.Add(call.arena);
      w.log_stream_name = e.stream;
      w.timestamp = e.time;
      w.message = e.message;
      w.ingestion_time = e.ingested_at;
      w.event_id = call.arena.Copy(PositionText({*e.time, *e.number}));
    }
  }
  if (more) out->next_token = call.arena.Copy(PositionText({*events[events.size() - 1]->time, *events[events.size() - 1]->number}));
  return out;
}

}  // namespace

void RegisterReading(api::Registry& registry) {
  namespace ops = wire::ops;
  registry.Add<ops::GetLogEvents>(GetLogEvents, [](api::Call& call, const auto& r) -> Result<api::Access> {
    TRY_ASSIGN(const std::string name, GroupName(call, r.log_group_name, r.log_group_identifier));
    return api::Access{{StreamArn({call.caller.account, call.caller.region, name, r.log_stream_name.str()})}, {}};
  });
  registry.Add<ops::FilterLogEvents>(FilterLogEvents, [](api::Call& call, const auto& r) { return OnGroupIdentifier(call, r); });
}

}  // namespace terrarium::logs
