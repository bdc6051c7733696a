//! What every store must do, as a suite that authors of stores run over theirs.

#![expect(clippy::unwrap_used, reason = "what the store says is what the suite shows")]

mod answers;
mod changes;
mod commits;
mod deletes;
mod events;
mod history;
mod listing;
mod media;
mod owners;
mod records;
mod rows;
mod runs;
mod sessions;
mod states;

use std::{any::Any, fmt::Write as _, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_core::future::LocalBoxFuture;
use futures_util::FutureExt as _;

use crate::db::Db;

/// An empty store, as [`db_suite`] wants it.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The store.
    pub db: Arc<dyn Db>,
    /// The same data, opened by another owner, as another process would. `None` for stores that only one owner can have: then what needs two is not checked.
    pub other: Option<Arc<dyn Db>>,
    /// A clone of the store: the same owner. `None` for stores that have no clones.
    pub clone: Option<Arc<dyn Db>>,
}

impl Opened {
    /// A store that one owner has opened.
    pub fn new(db: impl Db) -> Self {
        Self { db: Arc::new(db), other: None, clone: None }
    }

    /// A clone of the store.
    #[must_use]
    pub fn with_clone(self, clone: impl Db) -> Self {
        Self { clone: Some(Arc::new(clone)), ..self }
    }

    /// The same data, opened by another owner.
    #[must_use]
    pub fn with_other(self, other: impl Db) -> Self {
        Self { other: Some(Arc::new(other)), ..self }
    }
}

/// What can be asked of a store: its name, and how it is asked.
type Behaviour = (&'static str, fn(Opened) -> LocalBoxFuture<'static, ()>);

/// Lists behaviours by the names of the functions that check them.
macro_rules! behaviours {
    ($($module:ident: $($name:ident)*;)*) => {
        const BEHAVIOURS: &[Behaviour] = &[$($((concat!(stringify!($module), "::", stringify!($name)), |opened| Box::pin($module::$name(opened)))),*),*];
    };
}

behaviours! {
    runs: what_is_not_there_is_none a_run_is_read_as_it_was_written an_id_is_used_once anothers_session_is_refused the_program_may_use_any_session
        a_session_is_made_once a_definition_is_kept_once where_it_stands_is_replaced a_run_that_does_not_run_is_nobodys letting_go_keeps_the_status
        a_run_may_be_stored_whole a_run_goes_on_under_another_definition;
    media: lie_beside_the_run come_with_their_commit_or_not_at_all go_with_their_run go_with_their_session;
    records: are_read_in_the_order_of_their_first_writing kinds_are_apart removed_ones_are_gone nothing_and_null_differ big_and_strange_values_are_kept
        a_thousand_in_one_commit;
    answers: the_first_one_counts wake_a_paused_run are_not_lost_to_a_pause need_a_run;
    commits: of_many_runs_at_once of_one_run_keep_the_order_of_the_calls a_refused_one_leaves_the_others_alone are_whole_or_not_at_all
        that_are_dropped_are_whole_or_not_at_all that_are_not_polled_hold_nobody_up detached_ones_come_before_later_ones;
    owners: a_wrong_number_is_refused a_run_in_hand_is_held letting_go_makes_room even_if_the_store_refuses force_takes_it_from_anybody
        who_goes_away_before_he_hears_has_nothing another_owner_waits what_has_ended_is_nobodys_to_claim the_dead_hold_nothing only_one_of_two_claims_wins orphans_are_listed orphans_are_listed_in_pages clones_are_one_owner cancelling_reaches_the_owner
        a_cancel_ends_with_a_failure;
    states: are_compared_and_swapped conflicts_name_the_writer need_a_session only_one_of_two_wins change_twice_in_one_commit change_with_a_commit_or_not_at_all;
    events: are_read_from_a_number_on are_read_as_they_were_written;
    listing: of_runs_by_everything of_runs_in_pages of_runs_that_are_due of_open_questions of_open_questions_in_pages;
    sessions: are_made_once_and_renamed are_listed_by_everything are_listed_in_pages are_deleted_with_everything;
    history: has_completed_runs_oldest_first;
    deletes: a_run_goes_with_all_that_is_its_own its_own_session_goes_with_its_last_run pruning_takes_old_ones pruning_keeps_the_newest_of_each_workflow
        pruning_spares_what_is_not_finished;
    changes: are_told_here are_told_there of_each_kind_are_told_here of_each_kind_are_told_there;
}

/// Checks that a store does all that [`Db`] promises. `open` gives an empty store each time.
///
/// ```
/// use agno_core::{db::InMemoryDb, testing::{Opened, db_suite}};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// db_suite(async || {
///     let db = InMemoryDb::new();
///     let other = db.another_owner();
///     Opened::new(db.clone()).with_clone(db).with_other(other)
/// })
/// .await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
/// The store does something else. All that it does otherwise is listed, by the names of the functions in this module's source.
pub async fn db_suite(open: impl AsyncFn() -> Opened) {
    let mut broken = String::new();
    for (name, check) in BEHAVIOURS {
        let opened = open().await;
        if let Err(panic) = AssertUnwindSafe(check(opened)).catch_unwind().await {
            let _ = writeln!(broken, "\n{name}: {}", said(&*panic));
        }
    }
    assert!(broken.is_empty(), "the store does not do what it promises:\n{broken}");
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked")
}

/// Waits until something that another owner did can be seen. Stores need not tell at once.
async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let patience = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), patience).await.is_ok(), "not within 20 seconds: {what}");
}
