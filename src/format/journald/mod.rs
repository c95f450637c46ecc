//! The journal of systemd, in the forms that `journalctl` prints: `-o export`, `-o json…`, `-o verbose` and all
//! `-o short…`; and its own binary files, which `input` turns into an export.
//!
//! An entry is an unordered list of fields, `NAME=bytes`; a name may come several times. Names that begin with `_` are
//! set by journald and can be trusted, all others are what the sender claims. The text forms hold neither the level
//! nor any field that can be trusted. Sources: systemd's `docs/JOURNAL_EXPORT_FORMATS.md` and
//! `src/shared/logs-show.c`.

mod entry;
mod export;
mod json;
mod months;
mod short;
mod verbose;
mod zones;

pub use export::{Binary, Export, entry_len};
pub use json::{Json, JsonPretty};
pub use short::{Likeness, Short, is_empty_listing, is_monotonic, is_separator, is_status, marks};
pub use verbose::Verbose;
