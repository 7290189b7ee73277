#include "control/runner.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"

namespace terrarium::control {
namespace {

constexpr Millis kFollowAfter{20};
constexpr Millis kFirstBackOff{50};
constexpr Millis kLongestBackOff{15'000};

}  // namespace

Runner::Runner(runtime::Scheduler& scheduler, store::Database& database, const Clock& clock, std::size_t most)
    : scheduler_(scheduler), database_(database), clock_(clock), most_(most), workers_(scheduler) {}

Runner::~Runner() {
  database_.OnTouched({});
  database_.OnChanged({});
  for (const auto& [key, timer] : timers_) scheduler_.Cancel(timer);
}

void Runner::Add(std::string prefix, Reconciler& reconciler) { reconcilers_.emplace_back(std::move(prefix), &reconciler); }

Reconciler* Runner::FindReconciler(const std::string& key) const {
  for (const auto& [prefix, reconciler] : reconcilers_)
    if (key.starts_with(prefix)) return reconciler;
  return nullptr;
}

void Runner::Start() {
  started_ = true;
  database_.OnTouched([this](const std::vector<std::string>& keys) {
    for (const std::string& key : keys) Enqueue(key);
  });
  if (!followed_.empty()) {
    database_.OnChanged([this](const std::vector<std::string_view>& tables) {
      for (const auto& [table, key] : followed_)
        if (std::ranges::find(tables, table) != tables.end()) EnqueueAfter(key, kFollowAfter);
    });
  }
  const auto known = database_.Read([](store::Tx& tx) -> Result<std::vector<std::string>> {
    std::vector<std::string> keys;
    store::Statement& all = tx.Sql("SELECT key FROM work ORDER BY generation = observed, key");
    while (all.Step(tx)) keys.emplace_back(all.Text(0));
    return keys;
  });
  if (known)
    for (const std::string& key : *known) Enqueue(key);
}

void Runner::Enqueue(std::string key) {
  if (const auto timer = timers_.find(key); timer != timers_.end()) {
    scheduler_.Cancel(timer->second);
    timers_.erase(timer);
  }
  queue_.Add(std::move(key));
  Pump();
}

void Runner::EnqueueAfter(std::string key, Millis delay) {
  const Millis when = scheduler_.Now() + delay;
  auto& timer = timers_[key];
  if (timer) {
    if (timer.when <= when) return;
    scheduler_.Cancel(timer);
  }
  timer = scheduler_.At(when, [this, key] {
    timers_.erase(key);
    Enqueue(key);
  });
}

void Runner::Pump() {
  while (started_ && queue_.busy() < most_) {
    auto key = queue_.Take();
    if (!key) return;
    workers_.Spawn(Work(*std::move(key)));
  }
}

Millis Runner::BackOff(std::int64_t attempts) {
  Millis delay = kFirstBackOff * (std::int64_t{1} << std::min<std::int64_t>(attempts, 12));
  delay = std::min(delay, kLongestBackOff);
  // Half of it by chance, so that keys which failed together do not come back together.
  return delay / 2 + Millis{static_cast<std::int64_t>(scheduler_.Random().Next() % static_cast<std::uint64_t>(delay.count() / 2 + 1))};
}

runtime::Task<Result<Settled>> Runner::RunCaught(std::string key, Reconciler& reconciler) {
  std::string bug;
  try {
    auto settled = co_await reconciler.Reconcile(key);
    co_return settled;
  } catch (const BugError& error) {
    bug = error.what();
  }
  LogError("control", key + ": " + bug);
  co_return Fail(ErrorKind::kUnavailable, "an internal error: " + bug);
}

runtime::Task<> Runner::Work(std::string key) {
  const auto generation = database_.Read([&](store::Tx& tx) -> Result<std::int64_t> {
    store::Statement& read = tx.Sql("SELECT generation FROM work WHERE key = ?1");
    read.Bind(1, key);
    const std::int64_t found = read.Step(tx) ? read.Integer(0) : 0;
    read.Reset();
    return found;
  });
  Reconciler* reconciler = FindReconciler(key);
  if (reconciler == nullptr || !generation) {
    if (reconciler == nullptr) LogError("control", "no reconciler for " + key);
    queue_.Done(key);
    co_return;
  }
  auto settled = co_await RunCaught(key, *reconciler);

  std::int64_t attempts = 0;
  const bool final = settled || settled.error().kind == ErrorKind::kInvalid || settled.error().kind == ErrorKind::kUnsupported;
  const Status recorded = database_.Write([&](store::Tx& tx) -> Status {
    if (settled && settled->forget) {
      store::Statement& forget = tx.Sql("DELETE FROM work WHERE key = ?1 AND generation = ?2");
      forget.Bind(1, key).Bind(2, *generation);
      forget.Step(tx);
      return {};
    }
    store::Statement& record = tx.Sql(
        "UPDATE work SET observed = CASE WHEN ?2 THEN ?3 ELSE observed END, error = ?4, attempts = CASE WHEN ?4 = '' THEN 0 ELSE attempts + 1 END,"
        " since = CASE WHEN ?4 = '' THEN 0 WHEN error = '' THEN ?5 ELSE since END WHERE key = ?1"
        " AND (observed <> ?3 OR error <> ?4 OR attempts <> 0)");
    record.Bind(1, key).Bind(2, std::int64_t{final}).Bind(3, *generation).Bind(4, settled ? std::string() : settled.error().message).Bind(5, clock_.Now());
    record.Step(tx);
    store::Statement& read = tx.Sql("SELECT attempts FROM work WHERE key = ?1");
    read.Bind(1, key);
    if (read.Step(tx)) attempts = read.Integer(0);
    read.Reset();
    return {};
  });
  if (!settled) {
    LogWarning("control", key + ": " + settled.error().message + (settled.error().cause.empty() ? "" : ": " + settled.error().cause));
    if (!final) EnqueueAfter(key, BackOff(attempts));
  } else if (settled->look_again) {
    EnqueueAfter(key, *settled->look_again);
  }
  if (!recorded) EnqueueAfter(key, BackOff(1));
  queue_.Done(key);
  Pump();
}

std::vector<Progress> Runner::Unsettled() {
  const auto found = database_.Read([](store::Tx& tx) -> Result<std::vector<Progress>> {
    std::vector<Progress> out;
    store::Statement& read = tx.Sql("SELECT key, generation, observed, attempts, error FROM work WHERE generation <> observed OR error <> '' ORDER BY key");
    while (read.Step(tx)) out.push_back({std::string(read.Text(0)), read.Integer(1), read.Integer(2), read.Integer(3), std::string(read.Text(4))});
    return out;
  });
  return found.value_or(std::vector<Progress>());
}

}  // namespace terrarium::control
