//! An answer that hands something over.

use tokio::sync::oneshot;

use super::store::ended;
use crate::db::DbError;

/// The answer to a claim, or to the first commit of a run: whoever hears it has the run. Should he go away before, nobody has: `unheard` is called, here
/// where the answer has come already, and by the writer where it finds nobody to give it to.
pub(super) struct Answer<T, U: FnOnce(T)> {
    answer: oneshot::Receiver<Result<T, DbError>>,
    unheard: Option<U>,
}

impl<T, U: FnOnce(T)> Answer<T, U> {
    /// `unheard`: nothing is handed over without it.
    pub(super) fn new(answer: oneshot::Receiver<Result<T, DbError>>, unheard: Option<U>) -> Self {
        Self { answer, unheard }
    }

    pub(super) async fn heard(mut self) -> Result<T, DbError> {
        let answer = (&mut self.answer).await;
        self.unheard = None;
        answer.map_err(|_| ended())?
    }
}

impl<T, U: FnOnce(T)> Drop for Answer<T, U> {
    fn drop(&mut self) {
        if let Some(unheard) = self.unheard.take() {
            // From here on the writer finds nobody.
            self.answer.close();
            if let Ok(Ok(value)) = self.answer.try_recv() {
                unheard(value);
            }
        }
    }
}
