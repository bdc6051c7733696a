//! Rows that cannot be read any more.

use agno::{DbError, RunHandle, prelude::*};
use agno_durable::{
    everything,
    ordering::{ORDER, Ordering, SHIPPED, ordering, yes},
};

use crate::support::{Place, on_each_store, raw::Raw, soon};

on_each_store! {
    a_broken_row_says_where_it_is_and_harms_no_other_run
    one_broken_run_keeps_none_from_being_recovered
}

/// A column that is changed and put back.
struct Column {
    table: &'static str,
    name: &'static str,
    /// Which rows of the run.
    rows: &'static str,
    broken: &'static str,
    /// What the message names.
    place: &'static str,
}

const COLUMNS: &[Column] = &[
    Column { table: "records", name: "content", rows: "path = 'book'", broken: "'{\"broken'", place: "`book`" },
    Column { table: "records", name: "about", rows: "path = 'book'", broken: "'{\"broken'", place: "`book`" },
    Column { table: "records", name: "about", rows: "path = 'book'", broken: "'{}'", place: "`book`" },
    Column { table: "records", name: "about", rows: "path = 'sure'", broken: "'[1]'", place: "`sure`" },
    Column { table: "records", name: "kind", rows: "path = 'book'", broken: "99", place: "`book`" },
    Column { table: "inputs", name: "input", rows: "1 = 1", broken: "'\"thr'", place: "" },
    Column { table: "runs", name: "carried", rows: "1 = 1", broken: "'{\"fence\": \"x\"}'", place: "carried" },
    Column { table: "runs", name: "status", rows: "1 = 1", broken: "77", place: "" },
];

impl Column {
    fn of(&self, run_id: &str) -> String {
        let key = if self.table == "runs" { "key" } else { "run" };
        format!("{key} = (SELECT key FROM runs WHERE run_id = '{run_id}') AND {}", self.rows)
    }

    async fn break_(&self, raw: &mut Raw, run_id: &str) {
        let Self { table, name, broken, .. } = self;
        let rows = self.of(run_id);
        raw.run(&format!("CREATE TABLE kept AS SELECT {name} AS was FROM {table} WHERE {rows}")).await;
        assert_eq!(raw.run(&format!("UPDATE {table} SET {name} = {broken} WHERE {rows}")).await, 1);
    }

    async fn mend(&self, raw: &mut Raw, run_id: &str) {
        let Self { table, name, broken, .. } = self;
        // What was broken may be what the row would be found by.
        let rows = self.of(run_id);
        assert_eq!(raw.run(&format!("UPDATE {table} SET {name} = (SELECT was FROM kept) WHERE {rows} AND {name} = {broken}")).await, 1);
        raw.run("DROP TABLE kept").await;
    }
}

async fn paused(workflow: &Ordering, run_id: &str) {
    let outcome = soon(workflow.run(ORDER).run_id(run_id).session(run_id).outcome()).await;
    assert!(matches!(outcome, Ok(Outcome::Paused(_))), "{outcome:?}");
}

async fn a_broken_row_says_where_it_is_and_harms_no_other_run(place: Place) {
    let workflow = ordering(place.open().await);
    let mut raw = place.raw().await;
    for (index, column) in COLUMNS.iter().enumerate() {
        let (broken, other) = (place.id(&format!("broken-{index}")), place.id(&format!("other-{index}")));
        paused(&workflow, &broken).await;
        paused(&workflow, &other).await;
        column.break_(&mut raw, &broken).await;
        let what = format!("{}.{} = {}", column.table, column.name, column.broken);
        for error in [
            workflow.resume(&broken).outcome().await.expect_err(&what),
            workflow.answer_json(&broken, "sure", true).outcome().await.expect_err(&what),
            workflow.run(ORDER).run_id(&broken).outcome().await.expect_err(&what),
        ] {
            let RunError::Db { error: DbError::Corrupt { place, .. }, .. } = &error else { panic!("{what}: {error:?}") };
            assert!(place.contains(&format!("`{broken}`")) && place.contains(column.place), "{what}: {place}");
        }
        let outcome = soon(yes().run(workflow.resume(&other))).await;
        assert!(matches!(&outcome, Ok(Outcome::Completed(run)) if *run.content == SHIPPED), "{what}: {outcome:?}");
        column.mend(&mut raw, &broken).await;
        let outcome = soon(yes().run(workflow.resume(&broken))).await;
        assert!(matches!(&outcome, Ok(Outcome::Completed(run)) if *run.content == SHIPPED), "{what}: {outcome:?}");
        let effects = place.effects(&broken);
        assert!(effects.len() == 4 && effects.values().all(|times| *times == 1), "{what}: {effects:?}");
    }
}

/// A value that its step could not have given is found by the next one that takes it.
#[tokio::test]
async fn a_value_of_another_type_names_its_node() {
    let place = Place::file();
    let workflow = everything(place.open().await);
    let run_id = place.id("other");
    let outcome = soon(workflow.run("a few words").run_id(&run_id).outcome()).await;
    assert!(matches!(outcome, Ok(Outcome::Paused(_))), "{outcome:?}");
    place.raw().await.run("UPDATE records SET content = '{\"are\": \"no words\"}' WHERE path = 'split'").await;
    let error = workflow.answer_json(&run_id, "go_on", true).await.expect_err("it is no list of words");
    assert!(error.to_string().contains("split"), "{error:?}");
    assert!(matches!(error, RunError::DefinitionChanged { .. } | RunError::Db { error: DbError::Corrupt { .. }, .. }), "{error:?}");
}

async fn one_broken_run_keeps_none_from_being_recovered(place: Place) {
    let ids: Vec<String> = (0..3).map(|run| place.id(&format!("cut-{run}"))).collect();
    for run_id in &ids {
        let mut player = place.gated(&["run", run_id]);
        player.until("book").await;
        player.kill().await;
    }
    // The first of them, so that the others come after it.
    let mut raw = place.raw().await;
    let rows = format!("run = (SELECT key FROM runs WHERE run_id = '{}')", ids[0]);
    assert_eq!(raw.run(&format!("UPDATE records SET about = '[1]' WHERE {rows} AND path = 'quote/weigh'")).await, 1);
    let workflow = ordering(place.open().await);
    let handles = workflow.recover().await.expect("the others can be read");
    let mut recovered: Vec<&str> = handles.iter().map(RunHandle::id).collect();
    recovered.sort_unstable();
    assert_eq!(recovered, ids[1..].iter().map(String::as_str).collect::<Vec<_>>());
    for handle in handles {
        let ended = soon(handle.wait()).await;
        assert!(matches!(ended, Err(RunError::Paused(_))), "{ended:?}");
    }
}
