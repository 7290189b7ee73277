#pragma once

#include <string_view>

namespace terrarium {

enum class LogLevel : unsigned char { kDebug, kInfo, kWarning, kError };

// One line of structured text on stderr: "2026-11-25T10:30:07.123Z info ecs: message". Control bytes are escaped. Never give it a secret.
void Log(LogLevel level, std::string_view component, std::string_view message);
inline void LogInfo(std::string_view component, std::string_view message) { Log(LogLevel::kInfo, component, message); }
inline void LogWarning(std::string_view component, std::string_view message) { Log(LogLevel::kWarning, component, message); }
inline void LogError(std::string_view component, std::string_view message) { Log(LogLevel::kError, component, message); }

// Lines below this level are dropped. Set once, by main.
void SetLogLevel(LogLevel level);

}  // namespace terrarium
