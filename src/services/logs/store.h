#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/logs/public.h"
#include "services/logs/tables.h"

namespace terrarium::logs {

inline std::string GroupKey(std::string_view account, std::string_view region, std::string_view group) {
  return std::string(account) + "/" + std::string(region) + "/" + std::string(group);
}
inline std::string StreamKey(std::string_view group_key, std::string_view stream) { return std::string(group_key) + "\x1f" + std::string(stream); }

struct Position {
  std::int64_t time = 0;
  std::int64_t number = 0;
};
// 56 digits that sort as positions do: what event ids and paging tokens are made of.
std::string PositionText(Position p);
std::optional<Position> ParsePosition(std::string_view text);

enum class Direction : unsigned char { kForward, kBackward };
// Events of a group, or of one stream, strictly between the two positions, at most `most`; forward the oldest of them, backward the newest, always in order of time.
List<rows::Event*> ReadEvents(store::Tx& tx, Arena& arena, std::string_view group_key, std::optional<std::string_view> stream, Position after, Position before,
                              Direction direction, std::int64_t most);
// What retention has ended is not read and, here, not kept.
void DropExpired(store::Tx& tx, Arena& arena, std::string_view group_key, rows::Group& group, UnixMillis now);
UnixMillis OldestKept(const rows::Group& group, UnixMillis now);
void DropEventsOf(store::Tx& tx, std::string_view stream_key);
void DropGroup(store::Tx& tx, Arena& arena, std::string_view group_key);

}  // namespace terrarium::logs
