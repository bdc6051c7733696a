//! The trait [`Db`](crate::db::Db) for stores over SQL.

/// Writes the trait's methods for a store that wraps a [`Store`] in its first field.
macro_rules! forward {
    ($db:ty) => {
        impl crate::db::Db for $db {
            fn commit(&self, commit: crate::db::rows::Commit) -> crate::db::Stored<'_, ()> {
                self.0.commit(commit)
            }

            fn commit_detached(&self, commit: crate::db::rows::Commit) {
                self.0.commit_detached(commit);
            }

            fn claim<'a>(&'a self, run_id: &'a str, force: bool) -> crate::db::Stored<'a, crate::db::rows::Claim> {
                Box::pin(self.0.claim(run_id.to_owned(), force))
            }

            fn run<'a>(&'a self, run_id: &'a str) -> crate::db::Stored<'a, Option<crate::db::rows::RunRow>> {
                Box::pin(self.0.run(run_id.to_owned()))
            }

            fn is_owned<'a>(&'a self, run_id: &'a str) -> crate::db::Stored<'a, bool> {
                Box::pin(self.0.is_owned(run_id.to_owned()))
            }

            fn records<'a>(&'a self, run_id: &'a str) -> crate::db::Stored<'a, Vec<crate::db::rows::Record>> {
                Box::pin(self.0.records(run_id.to_owned()))
            }

            fn media<'a>(&'a self, run_id: &'a str) -> crate::db::Stored<'a, Vec<crate::db::rows::MediaRow>> {
                Box::pin(self.0.media(run_id.to_owned()))
            }

            fn events<'a>(
                &'a self,
                run_id: &'a str,
                from: u64,
                limit: usize,
            ) -> crate::db::Stored<'a, Vec<std::sync::Arc<crate::event::Event>>> {
                Box::pin(self.0.events(run_id.to_owned(), from, limit))
            }

            fn answer<'a>(&'a self, run_id: &'a str, answer: crate::db::rows::Record) -> crate::db::Stored<'a, bool> {
                Box::pin(self.0.answer(run_id.to_owned(), answer))
            }

            fn request_cancel<'a>(&'a self, run_id: &'a str) -> crate::db::Stored<'a, ()> {
                Box::pin(self.0.request_cancel(run_id.to_owned()))
            }

            fn to_cancel(&self) -> crate::db::Stored<'_, Vec<String>> {
                Box::pin(self.0.to_cancel())
            }

            fn runs(&self, filter: crate::db::rows::RunFilter) -> crate::db::Stored<'_, Vec<crate::db::rows::RunRow>> {
                Box::pin(self.0.runs(filter))
            }

            fn next_due<'a>(
                &'a self,
                workflow_id: &'a str,
                user_id: Option<&'a str>,
                after: jiff::Timestamp,
            ) -> crate::db::Stored<'a, Option<jiff::Timestamp>> {
                Box::pin(self.0.next_due(workflow_id.to_owned(), user_id.map(str::to_owned), after))
            }

            fn questions(
                &self,
                filter: crate::db::rows::RunFilter,
            ) -> crate::db::Stored<'_, Vec<(crate::db::rows::RunRow, crate::db::rows::Record)>> {
                Box::pin(self.0.questions(filter))
            }

            fn delete_run<'a>(&'a self, run_id: &'a str) -> crate::db::Stored<'a, bool> {
                Box::pin(self.0.delete_run(run_id.to_owned()))
            }

            fn prune(&self, prune: crate::db::rows::Prune) -> crate::db::Stored<'_, u64> {
                Box::pin(self.0.prune(prune))
            }

            fn session<'a>(&'a self, session_id: &'a str) -> crate::db::Stored<'a, Option<crate::db::rows::SessionRow>> {
                Box::pin(self.0.session(session_id.to_owned()))
            }

            fn create_session(&self, session: crate::db::rows::SessionRow) -> crate::db::Stored<'_, bool> {
                Box::pin(self.0.create_session(session))
            }

            fn sessions(&self, filter: crate::db::rows::SessionFilter) -> crate::db::Stored<'_, Vec<crate::db::rows::SessionRow>> {
                Box::pin(self.0.sessions(filter))
            }

            fn rename_session<'a>(&'a self, session_id: &'a str, name: &'a str) -> crate::db::Stored<'a, bool> {
                Box::pin(self.0.rename_session(session_id.to_owned(), name.to_owned()))
            }

            fn delete_session<'a>(&'a self, session_id: &'a str) -> crate::db::Stored<'a, bool> {
                Box::pin(self.0.delete_session(session_id.to_owned()))
            }

            fn states<'a>(&'a self, session_id: &'a str) -> crate::db::Stored<'a, Vec<crate::db::rows::StateRow>> {
                Box::pin(self.0.states(session_id.to_owned()))
            }

            fn write_state(&self, write: crate::db::rows::StateWrite) -> crate::db::Stored<'_, u64> {
                Box::pin(self.0.write_state(write))
            }

            fn history<'a>(&'a self, session_id: &'a str, n: Option<usize>) -> crate::db::Stored<'a, Vec<crate::db::rows::Turn>> {
                Box::pin(self.0.history(session_id.to_owned(), n))
            }

            fn definition<'a>(&'a self, fingerprint: &'a str) -> crate::db::Stored<'a, Option<std::sync::Arc<serde_json::Value>>> {
                Box::pin(self.0.definition(fingerprint.to_owned()))
            }

            fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
                self.0.changes()
            }

            fn now(&self) -> jiff::Timestamp {
                self.0.now()
            }
        }
    };
}
pub(in crate::db) use forward;
