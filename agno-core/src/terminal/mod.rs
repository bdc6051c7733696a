//! Runs in a terminal: `run(..).print()`, `out.print()`, [`print_events`], `handle.print()` and `cli()`.
//!
//! [`RunTree`] is what the events of a run say, and [`Transcript`] the same as lines for logs: both are functions of events and know no terminal. Everything
//! else draws them, asks, and reads answers. What a run says is not trusted: control characters and escape sequences are taken out.

mod args;
mod ask;
mod chat;
mod cli;
mod draw;
mod finished;
mod form;
mod hint;
mod look;
mod markdown;
mod node;
mod place;
mod plain;
mod print;
mod prompt;
mod screen;
mod text;
mod tree;
mod view;

pub use cli::Cli;
pub use plain::Transcript;
pub use print::{IntoEvent, Print, print_events};
pub use tree::RunTree;
