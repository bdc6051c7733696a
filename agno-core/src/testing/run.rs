//! What tests change about a run.

use std::{any::TypeId, sync::Arc};

use super::Double;
use crate::{
    content::{AnyArc, BoxError, ErasedCodec},
    workflow::{RunBuilder, Workflow},
};

/// What a test has said about a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Testing {
    doubles: Vec<Double>,
    roundtrip: bool,
}

impl Testing {
    /// What stands in for a step at a path: of several, the last.
    pub(crate) fn double(&self, of: TypeId, path: impl FnOnce() -> String) -> Option<Double> {
        if self.doubles.is_empty() {
            return None;
        }
        let path = path();
        self.doubles.iter().rev().find(|double| double.stands_for(of, &path)).cloned()
    }

    /// The value as its codec reads what it has written, if the run asks for that.
    pub(crate) fn roundtripped(&self, value: AnyArc, codec: &ErasedCodec) -> Result<AnyArc, BoxError> {
        if !self.roundtrip {
            return Ok(value);
        }
        let type_name = (codec.type_name)();
        let written = codec.json(&*value).map_err(|error| format!("its value, a `{type_name}`, cannot be written: {error}"))?;
        let read = codec.read_any(written.clone());
        let read = read.map_err(|error| format!("its value, a `{type_name}`, cannot be read again from {written}: {error}"))?;
        let again = codec.json(&*read).map_err(|error| format!("its value, a `{type_name}`, cannot be written again: {error}"))?;
        if again != written {
            return Err(
                format!("its value, a `{type_name}`, loses something: it is written as {written}, and read from that as {again}").into()
            );
        }
        Ok(read)
    }
}

impl<W: Workflow, X> RunBuilder<W, X> {
    /// Lets doubles stand in for steps, executors and nested workflows, in all legs of the run. Of several for one place the last counts.
    pub fn doubles(mut self, doubles: impl IntoIterator<Item = Double>) -> Self {
        Arc::make_mut(self.said().leg.testing.get_or_insert_default()).doubles.extend(doubles);
        self
    }

    /// Writes the value of every step and `map` as JSON and hands on what is read from that, as a run does that is resumed elsewhere. A value
    /// that is written differently the second time fails its step: its `Serialize` or `Deserialize` loses something.
    pub fn roundtrip(mut self) -> Self {
        Arc::make_mut(self.said().leg.testing.get_or_insert_default()).roundtrip = true;
        self
    }
}
