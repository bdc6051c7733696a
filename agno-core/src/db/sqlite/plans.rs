//! What SQLite means to read.

use super::{SqliteOptions, migrate::migrate};
use crate::db::sql::{Connection as _, plans::listings};

#[tokio::test]
async fn what_is_listed_is_found_by_an_index() {
    let mut connection = SqliteOptions::default().in_memory().connect().await.expect("a database");
    migrate(&mut connection).await.expect("tables");
    for (indices, query) in listings() {
        let rows = connection.fetch("plans", &format!("EXPLAIN QUERY PLAN {}", query.sql), query.args).await.expect("a plan");
        // The fourth column is the text; the three before it are numbers.
        let texts = rows.into_iter().map(|mut row| {
            (0..3).for_each(|_| assert!(row.int().is_ok()));
            row.text().expect("a text")
        });
        let plan = texts.collect::<Vec<_>>().join("\n");
        assert!(indices.iter().all(|index| plan.contains(index)), "{indices:?}: {}\n{plan}", query.sql);
        assert!(!plan.contains("TEMP B-TREE"), "{}\n{plan}", query.sql);
    }
}
