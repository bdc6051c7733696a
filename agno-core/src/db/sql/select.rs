//! Queries whose conditions depend on what is asked for.

use jiff::Timestamp;

use super::{
    Arg, Connection, Fields, Sql, number,
    row::{self, FROM_RUNS, RUN, SESSION, status_number},
};
use crate::{
    db::rows::{Record, RecordKind, RunFilter, RunRow, SessionFilter, SessionRow},
    workflow::Status,
};

/// SQL that is put together, with its arguments.
#[derive(Debug)]
pub(in crate::db) struct Query {
    pub(in crate::db) sql: String,
    pub(in crate::db) args: Vec<Arg>,
}

impl Query {
    pub(super) fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), args: Vec::new() }
    }

    pub(super) fn sql(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    pub(super) fn arg(&mut self, arg: impl Into<Arg>) -> &mut Self {
        self.args.push(arg.into());
        self.sql.push('$');
        self.sql.push_str(&self.args.len().to_string());
        self
    }

    /// One more condition, if there is something to compare with.
    pub(super) fn and(&mut self, condition: &str, arg: Option<impl Into<Arg>>) -> &mut Self {
        if let Some(arg) = arg {
            self.sql(" AND ").sql(condition).sql(" ").arg(arg);
        }
        self
    }

    /// `('', a, b, c)`: texts, none of them empty. Without the first one a list could be empty, which is no SQL.
    pub(super) fn list<'t>(&mut self, texts: impl IntoIterator<Item = &'t String>) -> &mut Self {
        self.sql("(''");
        for text in texts {
            self.sql(", ").arg(text.as_str());
        }
        self.sql(")")
    }

    pub(super) async fn fetch(self, connection: &mut impl Connection, table: &'static str) -> Sql<Vec<Fields>> {
        connection.fetch(table, &self.sql, self.args).await
    }

    fn page(&mut self, (time, id): (&str, &str), newest_first: bool, after: Option<&(Timestamp, String)>) -> &mut Self {
        if let Some((after_time, after_id)) = after {
            let order = if newest_first { "<" } else { ">" };
            self.sql(&format!(" AND ({time}, {id}) {order} (")).arg(*after_time).sql(", ").arg(after_id.as_str()).sql(")");
        }
        self
    }

    fn order(&mut self, (time, id): (&str, &str), newest_first: bool, limit: Option<usize>) -> &mut Self {
        let down = if newest_first { " DESC" } else { "" };
        self.sql(&format!(" ORDER BY {time}{down}, {id}{down}"));
        if let Some(limit) = limit {
            self.sql(" LIMIT ").arg(number(limit as u64));
        }
        self
    }
}

const RUN_ORDER: (&str, &str) = ("r.created_at", "r.run_id");

/// Which of the runs that a filter lets through are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::db) enum Which {
    Any,
    /// Those with an open question.
    Asking,
}

/// `alive`: owners who are, for orphans.
fn matching(query: &mut Query, filter: &RunFilter, which: Which, alive: &[String]) {
    let RunFilter { user_id, session_id, workflow_id, status, since, before, orphaned, due, newest_first, after, limit: _ } = filter;
    query.sql(" WHERE 1 = 1");
    query.and("r.user_id =", user_id.clone()).and("r.session_id =", session_id.clone()).and("r.workflow_id =", workflow_id.clone());
    query.and("r.created_at >=", *since).and("r.created_at <", *before);
    if !status.is_empty() {
        let numbers: Vec<String> = status.iter().map(|status| status_number(*status).to_string()).collect();
        query.sql(&format!(" AND r.status IN ({})", numbers.join(", ")));
        if !status.contains(&Status::Completed) {
            // The index of runs that are not completed has this very condition.
            query.sql(" AND r.status <> 3");
        }
    }
    if *orphaned {
        query.sql(" AND (r.owner IS NULL OR r.owner NOT IN ").list(alive).sql(")");
    }
    if let Some(time) = due {
        query.sql(" AND r.status = 2 AND r.status <> 3 AND (r.answered = 1 OR r.due_at <= ").arg(*time).sql(")");
    }
    if which == Which::Asking {
        query.sql(" AND EXISTS (SELECT 1 FROM ~records q WHERE q.run = r.key AND ");
        is_open_question(query);
        query.sql(")");
    }
    query.page(RUN_ORDER, *newest_first, after.as_ref());
}

/// The condition under which the record `q` is a question without an answer.
fn is_open_question(query: &mut Query) {
    // The index of questions has this very condition, so the kind is no argument.
    query.sql("q.kind = ").sql(&(RecordKind::Question as i16).to_string());
    query.sql(" AND NOT EXISTS (SELECT 1 FROM ~records a WHERE a.run = q.run AND a.path = q.path AND a.kind = ");
    query.sql(&(RecordKind::Answer as i16).to_string()).sql(")");
}

pub(in crate::db) fn runs_query(filter: &RunFilter, which: Which, alive: &[String]) -> Query {
    let mut query = Query::new(format!("SELECT {RUN} {FROM_RUNS}"));
    matching(&mut query, filter, which, alive);
    query.order(RUN_ORDER, filter.newest_first, filter.limit);
    query
}

pub(in crate::db) fn next_due_query(workflow_id: &str, user_id: Option<String>, after: Timestamp) -> Query {
    // The index of what is due has this very condition.
    let mut query = Query::new("SELECT r.due_at FROM ~runs r WHERE r.status = 2 AND r.workflow_id = ");
    query.arg(workflow_id).sql(" AND r.due_at > ").arg(after).and("r.user_id =", user_id).sql(" ORDER BY r.due_at LIMIT 1");
    query
}

pub(super) async fn runs(connection: &mut impl Connection, filter: &RunFilter, which: Which, alive: &[String]) -> Sql<Vec<RunRow>> {
    let rows = runs_query(filter, which, alive).fetch(connection, "runs").await?;
    rows.into_iter().map(|mut row| Ok(row::run(&mut row)?)).collect()
}

/// The open questions of these runs, in the order of the runs.
pub(super) async fn questions(connection: &mut impl Connection, runs: Vec<RunRow>) -> Sql<Vec<(RunRow, Record)>> {
    let mut open = Vec::new();
    for some in runs.chunks(200) {
        let mut query =
            Query::new("SELECT r.run_id, q.path, q.kind, q.about, q.content FROM ~records q JOIN ~runs r ON r.key = q.run WHERE ");
        is_open_question(&mut query);
        query.sql(" AND r.run_id IN ").list(some.iter().map(|run| &run.run_id));
        query.sql(" ORDER BY q.number");
        let mut found: Vec<(String, Record)> = Vec::new();
        for mut row in query.fetch(connection, "records").await? {
            found.push((row.text()?, row::record(&mut row)?));
        }
        for run in some {
            let its = found.iter().filter(|(run_id, _)| *run_id == run.run_id);
            open.extend(its.map(|(_, question)| (run.clone(), question.clone())));
        }
    }
    Ok(open)
}

pub(in crate::db) fn sessions_query(filter: &SessionFilter) -> Query {
    const ORDER: (&str, &str) = ("created_at", "id");
    let SessionFilter { user_id, workflow_id, since, before, newest_first, after, limit } = filter;
    let mut query = Query::new(format!("SELECT {SESSION} FROM ~sessions WHERE 1 = 1"));
    query.and("user_id =", user_id.clone()).and("workflow_id =", workflow_id.clone());
    query.and("created_at >=", *since).and("created_at <", *before);
    query.page(ORDER, *newest_first, after.as_ref()).order(ORDER, *newest_first, *limit);
    query
}

pub(super) async fn sessions(connection: &mut impl Connection, filter: &SessionFilter) -> Sql<Vec<SessionRow>> {
    let rows = sessions_query(filter).fetch(connection, "sessions").await?;
    rows.into_iter().map(|mut row| Ok(row::session(&mut row)?)).collect()
}
