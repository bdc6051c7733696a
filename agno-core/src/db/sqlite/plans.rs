//! Every listing has its index.

use jiff::Timestamp;

use super::{SqliteOptions, migrate::migrate};
use crate::{
    db::{
        rows::{RunFilter, SessionFilter},
        sql::{
            Connection as _,
            select::{Query, runs_query, sessions_query},
        },
    },
    workflow::Status,
};

async fn plan(query: Query) -> String {
    let mut connection = SqliteOptions::default().in_memory().connect().await.expect("a database");
    migrate(&mut connection).await.expect("tables");
    let rows = connection.fetch("plans", &format!("EXPLAIN QUERY PLAN {}", query.sql), query.args).await.expect("a plan");
    // The fourth column is the text; the three before it are numbers.
    let texts = rows.into_iter().map(|mut row| {
        (0..3).for_each(|_| assert!(row.int().is_ok()));
        row.text().expect("a text")
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn runs_are_found_by_an_index() {
    let all = || RunFilter { limit: Some(20), ..RunFilter::default() };
    let now = Timestamp::UNIX_EPOCH;
    let filters = [
        ("runs_by_time", all()),
        ("runs_by_time", RunFilter { newest_first: true, since: Some(now), after: Some((now, "a".to_owned())), ..all() }),
        ("runs_by_user", RunFilter { user_id: Some("ann".to_owned()), newest_first: true, ..all() }),
        ("runs_by_session", RunFilter { session_id: Some("s".to_owned()), newest_first: true, ..all() }),
        ("runs_by_workflow", RunFilter { workflow_id: Some("w".to_owned()), before: Some(now), ..all() }),
        ("runs_by_status", RunFilter { status: vec![Status::Failed], ..all() }),
        ("runs_by_status", RunFilter { status: vec![Status::Running], orphaned: true, limit: None, ..all() }),
        ("runs_by_status", RunFilter { due: Some(now), limit: None, ..all() }),
    ];
    for (index, filter) in filters {
        let plan = plan(runs_query(&filter, &[])).await;
        assert!(plan.contains(index), "{filter:?}:\n{plan}");
        // What an index has in order is not sorted once more, and a page of it is all that is read.
        assert!(!plan.contains("TEMP B-TREE"), "{filter:?}:\n{plan}");
    }
}

#[tokio::test]
async fn sessions_are_found_by_an_index() {
    let all = || SessionFilter { limit: Some(20), ..SessionFilter::default() };
    for (index, filter) in [
        ("sessions_by_time", SessionFilter { newest_first: true, ..all() }),
        ("sessions_by_user", SessionFilter { user_id: Some("ann".to_owned()), ..all() }),
        ("sessions_by_workflow", SessionFilter { workflow_id: Some("w".to_owned()), ..all() }),
    ] {
        let plan = plan(sessions_query(&filter)).await;
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{filter:?}:\n{plan}");
    }
}
