//! What PostgreSQL means to read.

use super::PostgresDb;
use crate::db::sql::{Connection as _, plans::listings};

#[tokio::test]
async fn what_is_listed_is_found_by_an_index() {
    let url = std::env::var("AGNO_TEST_POSTGRES").expect("a server: run this by `scripts/postgres run -- cargo test …`");
    let options = PostgresDb::options().schema(format!("plans_{}", std::process::id())).of_url(&url).expect("a URL");
    super::migrate::migrate(&options).await.expect("tables");
    let mut connection = options.open_connection().await.expect("a connection");
    for (indices, query) in listings() {
        let rows = connection.fetch("plans", &format!("EXPLAIN {}", query.sql), query.args).await.expect("a plan");
        let plan = rows.into_iter().map(|mut row| row.text().expect("a text")).collect::<Vec<_>>().join("\n");
        assert!(indices.iter().all(|index| plan.contains(&format!("using {index}"))), "{indices:?}: {}\n{plan}", query.sql);
        assert!(!plan.contains("Sort"), "{}\n{plan}", query.sql);
    }
}
