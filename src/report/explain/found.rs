//! How silences were told, what set it off, the part that it is confined to, and what its failing requests share.

use super::{Explanation, Fact, Short, Source, figure};
use crate::analysis::cause::common;
use crate::analysis::finding::{Finding, is_same};
use crate::analysis::hole::{ALPHA, Anchor, HoleFacts, TRUE_ONES, anchored_odds, free_odds};
use crate::analysis::incident::Incident;
use crate::analysis::scope::LEAST_EXCESS;
use crate::analysis::silences::{EDGE_S, points_at};
use crate::analysis::world::Happening;
use crate::report::words::{self, duration, local, number, percent};

impl Source<'_> {
    /// Each silence: `i1.silence`, the second `i1.silence2`.
    pub(super) fn silences(&self, of: &Incident, below: &dyn Fn(&str) -> String) -> Vec<Explanation> {
        let told = of.findings.iter().filter_map(|finding| Some((finding, finding.hole.as_ref()?)));
        let id = |index: usize| if index == 0 { below("silence") } else { below(&format!("silence{}", index + 1)) };
        told.enumerate().map(|(index, (finding, facts))| self.silence(finding, facts, id(index))).collect()
    }

    fn silence(&self, finding: &Finding, facts: &HoleFacts, id: String) -> Explanation {
        let mut inputs = vec![
            Fact::new(format!(
                "no request of {} from {} to {}",
                finding.service,
                self.at(finding.start),
                self.at(finding.end)
            )),
            Fact::new(format!(
                "by the traffic before and after it, {} requests should have come; by the quieter side {}",
                figure(facts.expected),
                figure(facts.expected_least)
            )),
            Fact::new(format!(
                "by this log's own gaps a silence of {} expected requests stands out, and each {} more are e times less likely by chance",
                figure(facts.bar),
                figure(facts.slope)
            )),
        ];
        inputs.extend(facts.anchors.iter().map(|anchor| Fact {
            text: format!("{:+} {}", Short(anchor.weight()), anchor.reason()),
            lines: self.lines_of(*anchor, finding),
        }));
        let mut arithmetic = Vec::new();
        if facts.expected_least > facts.bar {
            arithmetic.push(format!(
                "the silence alone: ln({TRUE_ONES} / {ALPHA}) + ({} - {}) / {} = {} (at most 6)",
                figure(facts.expected_least),
                figure(facts.bar),
                figure(facts.slope),
                Short(free_odds(facts.expected_least, facts.bar, facts.slope))
            ));
        } else {
            arithmetic.push(format!(
                "the silence alone: {} is not above {}, so it says nothing",
                figure(facts.expected_least),
                figure(facts.bar)
            ));
        }
        if let Some((at, least)) = facts.anchored {
            let weights: Vec<String> =
                facts.anchors.iter().map(|anchor| format!("{:+}", Short(anchor.weight()))).collect();
            arithmetic.push(format!(
                "with what points at it, from {} on: {} + {} / {} = {} (at most 6)",
                self.at(at),
                weights.join(" "),
                figure(least),
                figure(facts.slope),
                Short(anchored_odds(&facts.anchors, least, facts.slope))
            ));
        }
        let word = facts.kind.word().unwrap_or("no outage");
        arithmetic.push(format!("log-odds {}: {word}", Short(facts.odds)));
        Explanation {
            id,
            what: words::silence(&finding.service, facts),
            rule: "A silence is a hole where more requests should have come than this log's own gaps explain. Its \
                   log-odds of \"down\" are the larger of what it says alone, and of what else points at it: from 4.6 \
                   (99 to 1) on it is down, from 2.2 (9 to 1) on probably down. That the host was silent, that a clock \
                   was set or that no log covers it are facts that come before. Where the service's own lines tell of \
                   its end and its next start, it was down in between."
                .into(),
            inputs,
            arithmetic,
        }
    }

    /// The lines of the service that point so at a silence.
    fn lines_of(&self, anchor: Anchor, finding: &Finding) -> Vec<super::Evidence> {
        let span = finding.start - EDGE_S..=finding.end + 1.0;
        let is_own = |event: &&Happening| {
            span.contains(&event.s())
                && event.service().is_some_and(|name| is_same(name, &finding.service))
                && (event.host.is_none() || finding.host.is_none() || event.host == finding.host)
        };
        let mut own = self.world.events.iter().filter(is_own).filter(|event| points_at(event) == Some(anchor));
        // The start at its end is its last; what points at it is the first.
        let event = if anchor == Anchor::StartedAtEnd { own.next_back() } else { own.next() };
        event.map_or_else(Vec::new, |event| self.lines.all(&event.evidence))
    }

    /// Why a change is told as what set it off.
    pub(super) fn trigger(&self, of: &Incident, id: String) -> Option<Explanation> {
        let (trigger, mark) = of.trigger.as_ref().zip(of.marks.trigger.as_ref())?;
        let by = trigger.weighing;
        let [own, near, touches, undone, often] = by.summands();
        let mut inputs = vec![Fact {
            text: format!("{} {}", local(mark.at, self.zone), words::event(&mark.item)),
            lines: self.lines.all(&mark.item.evidence),
        }];
        if trigger.count > 1 {
            inputs
                .push(Fact::new(format!("{} changes within a minute of each other are one candidate", trigger.count)));
        }
        inputs.push(Fact::new(format!(
            "{} from the nearest of them to the first failure: 5 · 2^(-{} / 120) = {}",
            duration(by.before_s),
            figure(by.before_s),
            Short(near)
        )));
        let does = if by.touches { "touches" } else { "does not touch" };
        inputs.push(Fact::new(format!("{:+} it {does} what failed", Short(touches))));
        if by.is_undone {
            inputs.push(Fact::new(format!("{:+} it was undone, or done again, right before the end", Short(undone))));
        }
        inputs.push(Fact::new(format!(
            "{} changes of its kind a day in these logs: -ln(1 + {}) = {}",
            figure(by.per_day),
            figure(by.per_day),
            Short(often)
        )));
        let undone = if by.is_undone { format!(" {:+}", Short(undone)) } else { String::new() };
        Some(Explanation {
            id,
            what: words::trigger(trigger, &mark.item),
            rule:
                "Every change in the half hour before the first failure is a candidate; \"none in these logs\" has 0. \
                   A change has -3, up to 5 the nearer it is, 1.5 if it touches what failed and else -0.5, 3 if it was \
                   undone at the end, less the more often such changes are made anyway. The shares of e to these sums \
                   are the probabilities: likely from 0.85 on, possible from 0.5 on."
                    .into(),
            inputs,
            arithmetic: vec![
                format!(
                    "{:+} {:+} {:+}{undone} {:+} = {}",
                    Short(own),
                    Short(near),
                    Short(touches),
                    Short(often),
                    Short(by.score())
                ),
                super::posterior(by.score(), &trigger.scores, trigger.probability),
            ],
        })
    }

    /// Why it is confined to a part of the service.
    pub(super) fn scope(&self, of: &Incident, id: String) -> Option<Explanation> {
        let (scope, requests) = (of.scope.as_ref()?, of.impact.requests.as_ref()?);
        let (all, failing) = (requests.expected, requests.failed + requests.chronic);
        let quiet = of.findings.iter().filter_map(|finding| finding.baseline).map(|own| own.share).fold(0.0, f64::max);
        let excess = |failing: u64, all: u64| failing as f64 - quiet * all as f64;
        let (rest, spared) = (all.saturating_sub(scope.requests), failing.saturating_sub(scope.failing));
        let share = |failing: u64, all: u64| percent(100.0 * failing as f64 / all.max(1) as f64);
        let mut inputs = vec![
            Fact::new(format!("{} of the {} requests to it failed", number(scope.failing), number(scope.requests))),
            Fact::new(format!("{} of the {} other requests failed", number(spared), number(rest))),
            Fact::new(format!("in quiet times {} of all requests fail", percent(quiet * 100.0))),
        ];
        inputs.extend(of.impact.first.as_ref().map(|seen| self.request("the first that failed", seen)));
        Some(Explanation {
            id,
            what: words::confined(scope),
            rule: "It is confined to the smallest part (host, backend, server, path, method) that holds at least four \
                   fifths of the failing requests beyond those of quiet times, and of which at least three times as \
                   large a share fails as of the rest."
                .into(),
            inputs,
            arithmetic: vec![
                format!(
                    "({} - {} × {}) / ({} - {} × {}) = {}, at least {LEAST_EXCESS}",
                    number(scope.failing),
                    figure(quiet),
                    number(scope.requests),
                    number(failing),
                    figure(quiet),
                    number(all),
                    figure(excess(scope.failing, scope.requests) / excess(failing, all).max(1e-9))
                ),
                format!("{} of it against {} of the rest", share(scope.failing, scope.requests), share(spared, rest)),
            ],
        })
    }

    /// What its failing requests have in common.
    pub(super) fn common(&self, of: &Incident, id: String) -> Option<Explanation> {
        let first = of.common.first()?;
        let inputs = of.common.iter().map(|common| Fact::new(common::sentence(common)));
        let mut inputs: Vec<Fact> = inputs.collect();
        inputs.extend(of.impact.first.as_ref().map(|seen| self.request("the first that failed", seen)));
        let arithmetic = of.common.iter().map(|common| {
            let (bad, failing) = common.failing;
            let (good, succeeding) = common.succeeding;
            format!(
                "{}: {} of {} failing, {} of {} succeeding: G² = {}",
                common.name,
                number(bad),
                number(failing),
                number(good),
                number(succeeding),
                figure(common.g2)
            )
        });
        Some(Explanation {
            id,
            what: common::sentence(first),
            rule:
                "What at least four fifths of the failing requests have and the succeeding ones of the same time have \
                   not: three times as large a share of those that have it fails, and the likelihood ratio G² \
                   (Dunning 1993) is beyond what chance gives among all paths, networks, agents, servers and methods."
                    .into(),
            arithmetic: arithmetic.collect(),
            inputs,
        })
    }
}
