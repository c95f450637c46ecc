//! The timeline of an incident, and its marks: trigger, detection, actions with their effect, mitigation, end
//! (methods, 6.2).

mod actions;
mod detection;
mod effect;
mod stability;
mod timeline;

use super::incident::Incident;
use super::world::{Evidence, World};
use crate::clock::Instant;
use crate::facts::event::{Kind, Said};
pub use actions::is_repair;
pub use effect::{Tally, verdict};
pub use stability::unverify;
pub(super) use timeline::is_plumbing;
pub use timeline::timeline;

/// How long before the start events still belong to the story, in seconds.
const BEFORE_S: f64 = 1800.0;
/// An action so shortly before the end ended it, in seconds.
const MITIGATES_S: f64 = 120.0;

/// What an action did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Effect {
    None,
    Worse,
    Better,
    /// Better, and within five minutes as bad as before.
    ForAWhile,
}

impl Effect {
    /// The word of the report.
    pub fn name(self) -> &'static str {
        match self {
            Effect::None => "none",
            Effect::Worse => "worse",
            Effect::Better | Effect::ForAWhile => "better",
        }
    }
}

/// One entry of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    #[allow(missing_docs)]
    pub at: Instant,
    /// The last of several.
    pub end: Option<Instant>,
    /// What happened, as a line tells it; for what the analysis saw, only kind and service.
    pub said: Said,
    #[allow(missing_docs)]
    pub host: Option<String>,
    /// How often it was told.
    pub count: usize,
    /// What the line says; empty where no line says it.
    pub message: String,
    /// Who acted.
    pub user: Option<String>,
    /// `None`: cannot tell, or no action.
    pub effect: Option<Effect>,
    /// Whether no line says it, but the requests show it.
    pub is_inferred: bool,
    #[allow(missing_docs)]
    pub evidence: Vec<Evidence>,
}

/// A moment with its reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    #[allow(missing_docs)]
    pub at: Instant,
    /// The item that it rests on.
    pub item: Item,
}

/// The moments that people ask for.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Marks {
    pub trigger: Option<Mark>,
    pub impact_start: Option<Mark>,
    pub detected: Option<Mark>,
    pub mitigated: Option<Mark>,
    pub ended: Option<Mark>,
    pub verified: Option<Mark>,
}

/// The marks, from the timeline.
pub fn marks(world: &World, incident: &Incident) -> Marks {
    let items = &incident.timeline;
    let mark = |item: &Item| Mark { at: item.at, item: item.clone() };
    let find = |wanted: &dyn Fn(&Item) -> bool| items.iter().find(|item| wanted(item)).map(mark);
    Marks {
        trigger: trigger(items, incident).map(mark),
        impact_start: find(&|item| item.said.kind == Kind::FirstFailure),
        detected: detection::detected(world, incident).map(|item| mark(&item)),
        mitigated: mitigation(incident).map(mark),
        ended: ended(incident).map(|item| mark(&item)),
        verified: verified(world, incident),
    }
}

/// The last action that helped, if it came shortly before the end.
fn mitigation(incident: &Incident) -> Option<&Item> {
    let end = incident.until.as_f64();
    let is_in_time = |item: &&Item| (end - MITIGATES_S..=actions::latest(incident)).contains(&item.at.as_f64());
    let helped = |item: &&Item| item.effect == Some(Effect::Better);
    incident.timeline.iter().rev().filter(|_| !incident.is_ongoing).filter(is_in_time).find(helped)
}

/// The last failing request, or where the silence ends; whether anything before it can have ended it.
fn ended(incident: &Incident) -> Option<Item> {
    let items = &incident.timeline;
    let last = items.iter().rev().find(|item| item.said.kind == Kind::LastFailure).filter(|_| !incident.is_ongoing)?;
    let end = incident.until.as_f64();
    let acted = items.iter().any(|item| {
        (end - MITIGATES_S..=actions::latest(incident)).contains(&item.at.as_f64())
            && actions::is_action(item.said.kind, &item.message)
            && !matches!(item.effect, Some(Effect::None | Effect::Worse | Effect::ForAWhile))
    });
    let message = if acted { String::new() } else { "no action is seen that ended it: it ended by itself".into() };
    Some(Item { message, ..last.clone() })
}

/// From when on the recovery is certain.
fn verified(world: &World, incident: &Incident) -> Option<Mark> {
    let at = stability::verified(world, incident)?;
    let items = &incident.timeline;
    let item = items.iter().find(|item| item.said.kind == Kind::Recovered).or(items.first())?;
    Some(Mark { at, item: Item { at, ..item.clone() } })
}

/// The item that tells the trigger.
fn trigger<'a>(items: &'a [Item], incident: &Incident) -> Option<&'a Item> {
    let event = &incident.trigger.as_ref()?.event;
    let tells = |item: &&Item| item.evidence.iter().any(|line| event.evidence.contains(line));
    let is_of = |item: &&Item| {
        (item.said.kind, &item.said.service) == (event.kind(), &event.event.said.service)
            && (item.at..=item.end.unwrap_or(item.at)).contains(&event.at)
    };
    items.iter().find(tells).or_else(|| items.iter().find(is_of))
}
