//! The history of a session: what its completed runs were given, and what they gave.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{
    content::Kept,
    db::rows::Turn,
    error::{Error, Result},
    run::Run,
    shared::Shared,
    step::TypedHistory,
    workflow::Workflow,
};

/// A completed run.
pub(crate) struct KeptTurn {
    pub(crate) run_id: String,
    pub(crate) input: Kept,
    pub(crate) output: Kept,
}

impl From<Turn> for KeptTurn {
    fn from(turn: Turn) -> Self {
        Self { run_id: turn.run_id, input: Kept::json_only(turn.input), output: Kept::json_only(turn.output) }
    }
}

impl Run {
    /// The last `n` completed runs of the run's session, oldest first. Read when somebody asks, and not before.
    async fn turns(&self, n: Option<usize>) -> Result<Vec<KeptTurn>> {
        let session_id = &self.info.session_id;
        match &self.outbox {
            Some(outbox) => Ok(outbox.db.history(session_id, n).await?.into_iter().map(KeptTurn::from).collect()),
            None => Ok(self.desk.turns(session_id, n)),
        }
    }

    pub(crate) async fn history<W: Workflow>(&self, n: Option<usize>) -> Result<TypedHistory<W>> {
        let pairs = self.turns(n).await?.into_iter().map(|KeptTurn { run_id, input, output }| {
            let other = |error: serde_json::Error| Error::other(format!("run `{run_id}` is no run of `{}`: {error}", W::PLAN.type_name));
            let whole = "what a row keeps is whole";
            let input = input.shared(W::INPUT).map_err(other)?;
            let output = output.shared(W::OUTPUT).map_err(other)?;
            Ok((Shared::into_whole(input).expect(whole), Shared::into_whole(output).expect(whole)))
        });
        pairs.collect()
    }

    /// The block that a prompt gets; empty without completed runs.
    pub(crate) async fn history_text(&self, n: Option<usize>) -> Result<String> {
        let turns = self.turns(n).await?;
        if turns.is_empty() {
            return Ok(String::new());
        }
        let mut text = String::from("<workflow_history_context>\n");
        for (index, KeptTurn { input, output, .. }) in turns.into_iter().enumerate() {
            // Writing into a `String` cannot fail.
            let _ = write!(text, "[run-{}]\ninput: {}\nresponse: {}\n\n", index + 1, plain(&input.json()?), plain(&output.json()?));
        }
        text.truncate(text.trim_end().len());
        text.push_str("\n</workflow_history_context>");
        Ok(text)
    }
}

/// Text as it is, everything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
