//! Generated: see `generate`.

use agno::prelude::*;
use agno_nestings::{check, steps::*};

include!(concat!(env!("OUT_DIR"), "/options_turn.rs"));
