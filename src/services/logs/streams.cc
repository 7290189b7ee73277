#include <algorithm>

#include "services/logs/ops.h"

namespace terrarium::logs {
namespace {

constexpr std::int64_t kMinute = 60'000, kDay = 86'400'000;
constexpr std::size_t kMostBatch = 1'048'576, kMostEvents = 10'000, kOverhead = 26;

Place PlaceOf(const api::Call& call, Str group, Str stream) { return {call.caller.account, call.caller.region, group.str(), stream.str()}; }

Result<codec::Empty*> CreateLogStream(api::Call& call, const wire::CreateLogStreamRequest& request) {
  const std::string_view name = request.log_stream_name;
  if (name.empty() || name.size() > 512 || name.find_first_of(":*") != std::string_view::npos) {
    return Invalid("1 validation error detected: Value at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*");
  }
  TRY(MakeStream(call.tx, call.arena, PlaceOf(call, request.log_group_name, request.log_stream_name), call.Now()));
  return call.arena.New<codec::Empty>();
}

Result<codec::Empty*> DeleteLogStream(api::Call& call, const wire::DeleteLogStreamRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, request.log_group_name));
  const std::string key = StreamKey(group.key, request.log_stream_name);
  if (!kStreams.Exists(call.tx, key)) return ApiError("ResourceNotFoundException", "The specified log stream does not exist.", ErrorKind::kNotFound);
  for (const rows::Event* e : ReadEvents(call.tx, call.arena, group.key, request.log_stream_name.view(), {0, -1}, {INT64_MAX, 0}, Direction::kForward, INT64_MAX)) {
    group.row->stored_bytes = group.row->stored_bytes.value_or(0) - static_cast<std::int64_t>(e->message.view().size() + kOverhead);
  }
  DropEventsOf(call.tx, key);
  kStreams.Delete(call.tx, key);
  kGroups.Put(call.tx, group.key, *group.row);
  return call.arena.New<codec::Empty>();
}

Result<wire::DescribeLogStreamsResponse*> DescribeLogStreams(api::Call& call, const wire::DescribeLogStreamsRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, request.log_group_name, request.log_group_identifier));
  const bool by_time = request.order_by == "LastEventTime";
  if (by_time && request.log_stream_name_prefix) return Invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
  std::vector<rows::Stream*> streams;
  for (rows::Stream* s : kStreams.ListPrefix(call.tx, StreamKey(group.key, request.log_stream_name_prefix.value_or("")), call.arena)) streams.push_back(s);
  if (by_time) {
    std::stable_sort(streams.begin(), streams.end(), [](const auto* a, const auto* b) { return a->last_event_at.value_or(0) < b->last_event_at.value_or(0); });
  }
  if (request.descending.value_or(false)) std::reverse(streams.begin(), streams.end());
  auto* out = call.arena.New<wire::DescribeLogStreamsResponse>();
  out->log_streams.Present(call.arena);
  bool started = !request.next_token.has_value();
  for (const rows::Stream* s : streams) {
    if (!started) {
      started = s->name == request.next_token;
      continue;
    }
    if (static_cast<std::int32_t>(out->log_streams.size()) == request.limit.value_or(50)) {
      out->next_token = out->log_streams[out->log_streams.size() - 1].log_stream_name;
      break;
    }
    auto& w = out->log_streams.Add(call.arena);
    w.log_stream_name = s->name;
    w.creation_time = s->created_at;
    w.first_event_timestamp = s->first_event_at;
    w.last_event_timestamp = s->last_event_at;
    w.last_ingestion_time = s->last_ingested_at;
    w.arn = call.arena.Copy(StreamArn({call.caller.account, call.caller.region, group.row->name.str(), s->name.str()}));
    w.stored_bytes = 0;
  }
  return out;
}

Result<wire::PutLogEventsResponse*> PutLogEvents(api::Call& call, const wire::PutLogEventsRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, request.log_group_name));
  if (request.entity != nullptr) return Refused("entity of log events");
  if (request.log_events.size() > kMostEvents) return Invalid("Log events in a single PutLogEvents request must be at most 10000.");
  const UnixMillis now = call.Now(), expired = OldestKept(*group.row, now);
  std::size_t bytes = 0;
  std::int64_t last = INT64_MIN, first_valid = -1;
  auto* rejected = call.arena.New<wire::RejectedLogEventsInfo>();
  bool any_rejected = false;
  std::vector<NewEvent> events;
  for (std::size_t i = 0; i < request.log_events.size(); ++i) {
    const auto& e = request.log_events[i];
    const std::int64_t time = e.timestamp.value_or(0);
    const auto index = static_cast<std::int32_t>(i);
    if (time < last) return Invalid("Log events in a single PutLogEvents request must be in chronological order.");
    last = time;
    if (e.message.empty()) return Invalid("Log event message cannot be empty.");
    bytes += e.message.view().size() + kOverhead;
    if (bytes > kMostBatch) return Invalid("Upload too large: " + std::to_string(bytes) + " bytes exceeds limit of 1048576");
    if (time > now + 120 * kMinute) {
      if (!rejected->too_new_log_event_start_index) rejected->too_new_log_event_start_index = index;
    } else if (time < expired) {
      rejected->expired_log_event_end_index = index + 1;
    } else if (time < now - 14 * kDay) {
      rejected->too_old_log_event_end_index = index + 1;
    } else {
      if (first_valid < 0) first_valid = time;
      if (time - first_valid > kDay) return Invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
      events.push_back({time, e.message});
      continue;
    }
    any_rejected = true;
  }
  TRY(Append(call.tx, call.arena, PlaceOf(call, request.log_group_name, request.log_stream_name), events, now));
  auto* out = call.arena.New<wire::PutLogEventsResponse>();
  if (any_rejected) out->rejected_log_events_info = rejected;
  out->next_sequence_token = call.arena.Copy(PositionText({now, static_cast<std::int64_t>(request.log_events.size())}));
  return out;
}

}  // namespace

void RegisterStreams(api::Registry& registry) {
  namespace ops = wire::ops;
  registry.Add<ops::CreateLogStream>(CreateLogStream, [](api::Call& call, const auto& r) { return OnStream(call, r); });
  registry.Add<ops::DeleteLogStream>(DeleteLogStream, [](api::Call& call, const auto& r) { return OnStream(call, r); });
  registry.Add<ops::DescribeLogStreams>(DescribeLogStreams, [](api::Call& call, const auto& r) { return OnGroupIdentifier(call, r); });
  registry.Add<ops::PutLogEvents>(PutLogEvents, [](api::Call& call, const auto& r) { return OnStream(call, r); });
}

}  // namespace terrarium::logs
