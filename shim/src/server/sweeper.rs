//! One task that keeps all timeouts of a listener's connections.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::activity::{Order, Phase, Snapshot};
use super::clock::millis;
use super::connections::Connections;
use super::limits::Limits;

/// Advances the clock and judges every connection, round after round, until it is dropped.
pub(super) async fn sweep(connections: Arc<Connections>, limits: Limits) {
    let verdicts = Verdicts::new(&limits);
    let mut rounds = tokio::time::interval(Duration::from_millis(verdicts.round));
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        let now = connections.clock().advance();
        connections.each(|activity| {
            let seen = activity.snapshot();
            let verdict = verdicts.judge(now, seen);
            if verdict > seen.order {
                if verdict == Order::Drain {
                    activity.progress();
                }
                activity.give(verdict);
            }
        });
    }
}

/// The limits in milliseconds, each longer by a round: a stamp may be a round older than it says.
#[derive(Debug)]
struct Verdicts {
    round: u64,
    head: u64,
    keep_alive: u64,
    write: u64,
    linger: u64,
}

impl Verdicts {
    fn new(limits: &Limits) -> Self {
        let all = [
            limits.header_timeout,
            limits.keep_alive,
            limits.write_timeout,
            limits.linger,
        ];
        let shortest = all.into_iter().min().unwrap_or(limits.linger);
        let round = (millis(shortest) / 4).clamp(5, 500);
        let with_round = |limit| millis(limit).saturating_add(round);
        Self {
            round,
            head: with_round(limits.header_timeout),
            keep_alive: with_round(limits.keep_alive),
            write: with_round(limits.write_timeout),
            linger: with_round(limits.linger),
        }
    }

    fn judge(&self, now: u64, seen: Snapshot) -> Order {
        let over = |since: u64, limit: u64| now.saturating_sub(since) >= limit;
        if let Some(since) = seen.stalled_since {
            return kill_if(over(since, self.write));
        }
        if seen.in_flight > 0 {
            return kill_if(seen.ours == 0 && over(seen.since, self.write));
        }
        match seen.phase {
            Phase::Head => kill_if(over(seen.since, self.head)),
            Phase::Closing => kill_if(over(seen.since, self.linger)),
            // It was told to close and does not: the peer does not answer.
            Phase::Idle if seen.order == Order::Drain => kill_if(over(seen.since, self.linger)),
            Phase::Idle if over(seen.since, self.keep_alive) => Order::Drain,
            Phase::Idle => Order::Run,
        }
    }
}

fn kill_if(over: bool) -> Order {
    if over { Order::Kill } else { Order::Run }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(phase: Phase, since: u64) -> Snapshot {
        Snapshot {
            in_flight: 0,
            ours: 0,
            phase,
            since,
            stalled_since: None,
            order: Order::Run,
        }
    }

    #[test]
    fn each_phase_has_its_limit() {
        let limits = Limits {
            header_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(20),
            write_timeout: Duration::from_secs(5),
            linger: Duration::from_secs(2),
            ..Limits::default()
        };
        let verdicts = Verdicts::new(&limits);
        assert_eq!(verdicts.round, 500);

        let head = seen(Phase::Head, 1_000);
        assert_eq!(verdicts.judge(11_499, head), Order::Run);
        assert_eq!(verdicts.judge(11_500, head), Order::Kill);

        let idle = seen(Phase::Idle, 1_000);
        assert_eq!(verdicts.judge(21_499, idle), Order::Run);
        assert_eq!(verdicts.judge(21_500, idle), Order::Drain);
        let told = Snapshot {
            order: Order::Drain,
            ..idle
        };
        assert_eq!(verdicts.judge(3_500, told), Order::Kill);

        let busy = Snapshot {
            in_flight: 2,
            ours: 1,
            ..idle
        };
        assert_eq!(verdicts.judge(1_000_000, busy), Order::Run);
        let untaken = Snapshot { ours: 0, ..busy };
        assert_eq!(verdicts.judge(6_499, untaken), Order::Run);
        assert_eq!(verdicts.judge(6_500, untaken), Order::Kill);
        let stalled = Snapshot {
            stalled_since: Some(4_000),
            ..busy
        };
        assert_eq!(verdicts.judge(9_499, stalled), Order::Run);
        assert_eq!(verdicts.judge(9_500, stalled), Order::Kill);
    }
}
