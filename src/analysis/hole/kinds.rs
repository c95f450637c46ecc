//! What a silence is: facts first, then log-odds of the silence alone, or of something else that points at it
//! (methods, 2.5).

use super::ALPHA;

/// Log-odds from which a silence is called down (99 : 1), and probably down (9 : 1).
pub const LEAST_DOWN: f64 = 4.6;
#[allow(missing_docs)]
pub const LEAST_PROBABLE: f64 = 2.2;
/// True holes of a log that are expected before one looks.
pub const TRUE_ONES: f64 = 0.1;

/// Something beside the silence that says whether the service was down in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anchor {
    /// The service could not bind its address. Even odds: the start failed, but an old copy may go on.
    BindFailure,
    /// Its main process exited, was killed, stopped or failed, and no start is told before the silence ends.
    Ended,
    /// It was told to end by a signal.
    Signal,
    /// It started within seconds of the silence's end.
    StartedAtEnd,
    /// The layer in front answered 502, 503 or 504 in the silence.
    FrontFails,
    /// The layer in front was silent too: nobody asked.
    FrontSilent,
    /// The same silence is in the log three times and more, without anything that explains it.
    Recurring,
}

impl Anchor {
    /// Its weight, in nats.
    pub fn weight(self) -> f64 {
        match self {
            Anchor::BindFailure => 0.0,
            Anchor::Ended => 3.0,
            Anchor::Signal | Anchor::StartedAtEnd => 1.5,
            Anchor::FrontFails => 5.0,
            Anchor::FrontSilent => -3.0,
            Anchor::Recurring => -4.0,
        }
    }

    /// Whether it points at a moment at which the service may have gone down.
    pub fn is_sign(self) -> bool {
        matches!(self, Anchor::BindFailure | Anchor::Ended | Anchor::Signal | Anchor::FrontFails)
    }

    /// What it says, for people.
    pub fn reason(self) -> &'static str {
        match self {
            Anchor::BindFailure => "the service could not bind its address",
            Anchor::Ended => "the service ended",
            Anchor::Signal => "the service was told to end",
            Anchor::StartedAtEnd => "the service started when requests came again",
            Anchor::FrontFails => "the layer in front answered that the service is not available",
            Anchor::FrontSilent => "the layer in front was silent too",
            Anchor::Recurring => "the same silence comes again and again",
        }
    }
}

/// What a silence is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoleKind {
    /// No log covers it. Never counted as missed.
    NotCovered,
    /// It reaches the end of what all logs cover, and nothing says that the service ended.
    Open,
    /// The clock was set: the time did not pass, or passed twice.
    Clock,
    /// The whole host was silent, and booted at its end.
    HostDown,
    /// The whole host was silent.
    HostProbablyDown,
    #[allow(missing_docs)]
    Down,
    #[allow(missing_docs)]
    ProbablyDown,
    /// Nothing unusual: the same silence comes at this time on other days, the service was restarted, or gave its port
    /// back, or the layer in front answered in its place.
    Expected,
    /// No requests; could be chance.
    #[default]
    Silent,
}

impl HoleKind {
    /// By log-odds alone.
    pub fn of_odds(odds: f64) -> HoleKind {
        match odds {
            odds if odds >= LEAST_DOWN => HoleKind::Down,
            odds if odds >= LEAST_PROBABLE => HoleKind::ProbablyDown,
            _ => HoleKind::Silent,
        }
    }

    /// Whether it is an outage.
    pub fn is_outage(self) -> bool {
        matches!(self, HoleKind::HostDown | HoleKind::HostProbablyDown | HoleKind::Down | HoleKind::ProbablyDown)
    }

    /// The word of the report: `down`, `probably down`; `possibly down` where it could be chance; else none.
    pub fn word(self) -> Option<&'static str> {
        match self {
            HoleKind::Down | HoleKind::HostDown => Some("down"),
            HoleKind::ProbablyDown | HoleKind::HostProbablyDown => Some("probably down"),
            HoleKind::Silent => Some("possibly down"),
            HoleKind::NotCovered | HoleKind::Open | HoleKind::Clock | HoleKind::Expected => None,
        }
    }

    /// What it is, for people.
    pub fn reason(self) -> &'static str {
        match self {
            HoleKind::NotCovered => "no log covers this time",
            HoleKind::Open => "the log ends",
            HoleKind::Clock => "the clock was set",
            HoleKind::HostDown => "the host was silent and booted",
            HoleKind::HostProbablyDown => "the host was silent",
            HoleKind::Down | HoleKind::ProbablyDown => "requests should have come and none did",
            HoleKind::Expected => "such a silence is usual",
            HoleKind::Silent => "no requests; could be chance",
        }
    }
}

/// Why a silence is called what it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HoleFacts {
    #[allow(missing_docs)]
    pub kind: HoleKind,
    /// Requests expected in it, and by the more cautious of both sides.
    pub expected: f64,
    #[allow(missing_docs)]
    pub expected_least: f64,
    /// Expected requests from which on a silence stands out, and the mean length of the tail of those that do not.
    pub bar: f64,
    #[allow(missing_docs)]
    pub slope: f64,
    /// Log-odds of "down": the larger of the silence alone and of what else points at it.
    pub odds: f64,
    /// What else points at it.
    pub anchors: Vec<Anchor>,
    /// The sign that it was judged by, in seconds since 1970, and the requests expected from there on.
    pub anchored: Option<(f64, f64)>,
}

/// L of a silence that was searched for: α·exp(−(x − bar)/slope) such silences are expected in a quiet log of this
/// length, and [`TRUE_ONES`] true ones.
pub fn free_odds(least: f64, bar: f64, slope: f64) -> f64 {
    ((TRUE_ONES / ALPHA).ln() + (least - bar) / slope).clamp(-3.0, 6.0)
}

/// L of a silence that something points at, from which on so many requests are expected. It was not searched for, so
/// the price of the search falls away.
pub fn anchored_odds(anchors: &[Anchor], least: f64, slope: f64) -> f64 {
    let weight: f64 = anchors.iter().map(|anchor| anchor.weight()).sum();
    (weight + least / slope).clamp(-6.0, 6.0)
}
