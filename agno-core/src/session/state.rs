//! The state of a session, from outside of runs.

use std::sync::Arc;

use serde_json::Value;

use super::Sessions;
use crate::{
    content::Content,
    db::{Db, DbError, rows::StateWrite},
    error::{Error, Result},
};

/// How often a change of a state from outside is tried again when somebody else was faster.
const STATE_ATTEMPTS: u32 = 16;

/// Who has written a state from outside of runs.
const PROGRAM: &str = "program";

impl Sessions {
    /// The session's state as an `S`, if it has one.
    ///
    /// # Errors
    /// The state is no `S`; the store failed.
    pub async fn state<S: Content>(&self, session_id: impl Into<String>) -> Result<Option<Arc<S>>> {
        let session_id = session_id.into();
        if let Some((db, _)) = self.stored(&session_id).await? {
            let state = own_state(db, &session_id).await?.map(|(value, _)| serde_json::from_value(value)).transpose();
            return Ok(state.map_err(|error| no_state::<S>(&session_id, &error))?.map(Arc::new));
        }
        let Some(session) = self.here(&session_id) else { return Ok(None) };
        session.state().map_err(|error| no_state::<S>(&session_id, &error))
    }

    /// The session's state as JSON, if it has one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn state_json(&self, session_id: impl Into<String>) -> Result<Option<Value>> {
        let session_id = session_id.into();
        if let Some((db, _)) = self.stored(&session_id).await? {
            return Ok(own_state(db, &session_id).await?.map(|(value, _)| value));
        }
        Ok(self.here(&session_id).and_then(|session| session.state_json()))
    }

    /// Changes the session's state from outside of runs: reads it, lets `change` make another one of it, and writes that if nobody else
    /// has written meanwhile; else it begins anew.
    ///
    /// # Errors
    /// There is no such session; the state is no `S`; somebody else was faster again and again; the store failed.
    pub async fn update_state<S: Content>(&self, session_id: impl Into<String>, change: impl Fn(Option<S>) -> S) -> Result<Arc<S>> {
        let session_id = session_id.into();
        let missing = || Error::other(format!("there is no session `{session_id}` here; check the id, the user and the database"));
        let Some((db, _)) = self.stored(&session_id).await? else {
            let session = self.here(&session_id).ok_or_else(missing)?;
            return session.update(&change).map_err(|error| no_state::<S>(&session_id, &error));
        };
        let mut attempt = 1;
        loop {
            let (old, read) = match own_state(db, &session_id).await? {
                Some((value, version)) => {
                    (Some(serde_json::from_value(value).map_err(|error| no_state::<S>(&session_id, &error))?), version)
                }
                None => (None, 0),
            };
            let new = change(old);
            let value = serde_json::to_value(&new)?;
            let write = StateWrite { session_id: session_id.clone(), key: String::new(), read: Some(read), value, by: PROGRAM.to_owned() };
            match db.write_state(write).await {
                Err(DbError::StateConflict { .. }) if attempt < STATE_ATTEMPTS => attempt += 1,
                written => return Ok(written.map(|_| Arc::new(new))?),
            }
        }
    }
}

async fn own_state(db: &Arc<dyn Db>, session_id: &str) -> Result<Option<(Value, u64)>> {
    let states = db.states(session_id).await?;
    Ok(states.into_iter().find(|state| state.key.is_empty()).map(|state| (state.value, state.version)))
}

fn no_state<S>(session_id: &str, error: &serde_json::Error) -> Error {
    Error::other(format!(
        "the state of session `{session_id}` is no `{}`: {error}; `state_json` gives it as it is",
        std::any::type_name::<S>()
    ))
}
