//! What commits cost, beside raw inserts through the same driver in the same run. `scripts/postgres bench -- cargo bench -p agno-benches --bench stores`.

mod workflow;

use std::{
    hint::black_box,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use agno::{
    Status,
    db::{
        Db, PostgresDb, SqliteDb, Store, Synchronous,
        rows::{Commit, NewRun, Record, RecordKind, RunRow, SessionRow, Standing},
    },
};
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use uuid::Uuid;

/// Steps of a run, and commits.
const STEPS: usize = 5;
/// Runs at once.
const TASKS: usize = 32;

fn content() -> Value {
    json!({ "id": 7, "n": 12, "text": "x".repeat(150) })
}

fn standing(status: Status) -> Standing {
    let output = (status == Status::Completed).then(content);
    Standing { status, output, sequence: 20, nanos: 1_000, ..Standing::begun(Timestamp::now()) }
}

fn commit(run_id: &Arc<str>, step: usize) -> Commit {
    let record = Record {
        path: format!("step_{step}"),
        kind: RecordKind::Node,
        about: json!({ "attempts": 1, "nanos": 1_234 }),
        content: Some(content()),
    };
    Commit { records: vec![record], ..Commit::new(Arc::clone(run_id), 1) }
}

fn begin(run_id: &Arc<str>, session: Option<&str>) -> Box<NewRun> {
    let session_id = session.map_or_else(|| format!("s-{run_id}"), str::to_owned);
    let now = Timestamp::now();
    Box::new(NewRun {
        run: RunRow {
            run_id: run_id.to_string(),
            session_id: session_id.clone(),
            own_session: session.is_none(),
            user_id: None,
            workflow: "Pipeline".to_owned(),
            workflow_id: "pipeline".to_owned(),
            fingerprint: "f".to_owned(),
            input: content(),
            given: json!({}),
            stores_events: false,
            created_at: now,
            standing: standing(Status::Running),
            owner: None,
            fence: 1,
            cancel: false,
        },
        session: SessionRow { id: session_id, user_id: None, workflow_id: Some("pipeline".to_owned()), name: None, created_at: now },
        definition: Arc::new(json!({ "name": "Pipeline" })),
    })
}

/// A whole run: its row with the first commit, its end with the last.
async fn whole_run(db: &dyn Db, session: Option<&str>) {
    let run_id: Arc<str> = Uuid::now_v7().to_string().into();
    for step in 0..STEPS {
        let mut commit = commit(&run_id, step);
        commit.begin = (step == 0).then(|| begin(&run_id, session));
        commit.standing = (step == STEPS - 1).then(|| Box::new(standing(Status::Completed)));
        db.commit(commit).await.expect("a commit");
    }
}

/// Five commits of a run that has begun.
async fn bare_commits(db: &dyn Db, run_id: &Arc<str>, round: usize) {
    for step in 0..STEPS {
        db.commit(commit(run_id, round * STEPS + step)).await.expect("a commit");
    }
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn micros(from: Instant) -> f64 {
    from.elapsed().as_secs_f64() * 1e6
}

/// Floors of one kind of database.
enum Floor {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS floor (run BIGINT NOT NULL, seq BIGINT NOT NULL, kind BIGINT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (run, seq))";
const INSERT: &str = "INSERT INTO floor (run, seq, kind, content) VALUES ($1, $2, $3, $4)";

impl Floor {
    async fn sqlite(path: &Path, synchronous: SqliteSynchronous) -> Self {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let mut connection = options.synchronous(synchronous).disable_statement_logging().connect().await.expect("a connection");
        connection.execute(AssertSqlSafe(format!("{TABLE} WITHOUT ROWID"))).await.expect("a table");
        Self::Sqlite(connection)
    }

    async fn postgres(url: &str) -> Self {
        let options: PgConnectOptions = url.parse().expect("a URL");
        let mut connection = options.disable_statement_logging().connect().await.expect("a connection");
        connection.execute(TABLE).await.expect("a table");
        connection.execute("TRUNCATE floor").await.expect("an empty table");
        Self::Postgres(connection)
    }

    /// Five inserts, each a transaction of its own.
    async fn run(&mut self, run: i64) {
        let text = content().to_string();
        for step in 0..STEPS as i64 {
            match self {
                Self::Sqlite(connection) => {
                    let insert = sqlx::query(INSERT).bind(run).bind(step).bind(0i64).bind(&text);
                    insert.execute(connection).await.map(drop).expect("an insert");
                }
                Self::Postgres(connection) => {
                    let insert = sqlx::query(INSERT).bind(run).bind(step).bind(0i64).bind(&text);
                    insert.execute(connection).await.map(drop).expect("an insert");
                }
            }
        }
    }

    async fn close(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await.expect("closed"),
            Self::Postgres(connection) => connection.close().await.expect("closed"),
        }
    }
}

/// One store beside its floor.
async fn measure(name: &str, store: Store, mut floor: Floor, runs: usize, rounds: usize) {
    let db: &dyn Db = &*store;
    let mut samples = [const { Vec::new() }; 3];
    let run_id: Arc<str> = Uuid::now_v7().to_string().into();
    let mut first = commit(&run_id, 1_000_000);
    first.begin = Some(begin(&run_id, None));
    db.commit(first).await.expect("a run");
    let mut many = [const { Vec::new() }; 2];
    for round in 0..rounds {
        for run in 0..runs {
            let number = round * runs + run;
            let from = Instant::now();
            floor.run(number as i64).await;
            samples[0].push(micros(from));
            let from = Instant::now();
            bare_commits(db, &run_id, number).await;
            samples[1].push(micros(from));
            let from = Instant::now();
            whole_run(db, None).await;
            samples[2].push(micros(from));
        }
        let whole = async |_| {
            for _ in 0..runs {
                whole_run(db, None).await;
            }
        };
        many[0].push(at_once(runs, whole).await);
        let ids: Vec<Arc<str>> = (0..TASKS).map(|_| Uuid::now_v7().to_string().into()).collect();
        for run_id in &ids {
            let mut first = commit(run_id, 1_000_000);
            first.begin = Some(begin(run_id, None));
            db.commit(first).await.expect("a run");
        }
        let bare = async |task: usize| {
            for round in 0..runs {
                bare_commits(db, &ids[task], round).await;
            }
        };
        many[1].push(at_once(runs, bare).await);
    }
    let [many, bare_many] = many;
    let [raw, bare, whole] = samples.map(|mut samples| median(&mut samples));
    println!("{name}");
    println!("  five raw inserts                {raw:>8.0} us");
    println!("  five commits of a run           {bare:>8.0} us   {:.2} x", bare / raw);
    println!("  a whole run of five steps       {whole:>8.0} us   {:.2} x", whole / raw);
    workflow::five(&store, &mut floor, runs * rounds).await;
    println!("  {TASKS} runs at once              {}", Throughput::median(many));
    println!("  the same, of runs that go on    {}", Throughput::median(bare_many));
    floor.close().await;
}

/// What many runs at once come to. On a machine that others use too, the processor's time says more than the clock.
struct Throughput {
    steps_a_second: f64,
    cpu_micros_a_step: f64,
}

impl Throughput {
    fn median(all: Vec<Self>) -> Self {
        let (mut steps, mut cpu): (Vec<f64>, Vec<f64>) = all.into_iter().map(|one| (one.steps_a_second, one.cpu_micros_a_step)).unzip();
        Self { steps_a_second: median(&mut steps), cpu_micros_a_step: median(&mut cpu) }
    }
}

impl std::fmt::Display for Throughput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>8.0} steps/s   {:.0} us of processor time a step", self.steps_a_second, self.cpu_micros_a_step)
    }
}

async fn at_once(runs: usize, task: impl AsyncFn(usize)) -> Throughput {
    let (from, cpu) = (Instant::now(), cpu_micros());
    join_all((0..TASKS).map(|index| task(index))).await;
    let steps = (TASKS * runs * STEPS) as f64;
    Throughput { steps_a_second: steps / from.elapsed().as_secs_f64(), cpu_micros_a_step: (cpu_micros() - cpu) / steps }
}

/// What this process has used so far, all threads together; 0 where it cannot be known.
fn cpu_micros() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name may have spaces; the fields after it have none. Ticks are hundredths of a second.
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10_000.0
}

/// The first run of a session beside its ten-thousandth.
async fn old_session(db: &dyn Db, runs: usize) {
    let sample = async || {
        let mut samples = Vec::new();
        for _ in 0..runs.min(300) {
            let from = Instant::now();
            whole_run(db, Some("old")).await;
            samples.push(micros(from));
        }
        median(&mut samples)
    };
    let new = sample().await;
    join_all((0..TASKS).map(async |_| {
        for _ in 0..runs / TASKS {
            whole_run(db, Some("old")).await;
        }
    }))
    .await;
    let old = sample().await;
    println!("a session with {runs} runs");
    println!("  run 1 and run {runs}             {new:>8.0} us, {old:.0} us   {:.2} x (budget 1.3)", old / new);
    let mut samples = Vec::new();
    for _ in 0..20 {
        let from = Instant::now();
        black_box(db.history("old", Some(5)).await.expect("history"));
        samples.push(micros(from));
    }
    println!("  its last five turns             {:>8.0} us", median(&mut samples));
}

async fn reading(db: &dyn Db, records: usize) {
    let run_id: Arc<str> = Uuid::now_v7().to_string().into();
    let mut first = commit(&run_id, 0);
    first.begin = Some(begin(&run_id, None));
    first.records.extend((1..records).flat_map(|step| commit(&run_id, step).records));
    db.commit(first).await.expect("a run");
    let mut samples = Vec::new();
    for _ in 0..20 {
        let from = Instant::now();
        black_box(db.records(&run_id).await.expect("records"));
        samples.push(micros(from));
    }
    println!("  reading {records} records           {:>8.0} us", median(&mut samples));
}

fn bytes(path: &Path) -> u64 {
    ["", "-wal"].iter().filter_map(|end| std::fs::metadata(format!("{}{end}", path.display())).ok()).map(|file| file.len()).sum()
}

fn main() {
    // `cargo test --benches` only asks whether it runs.
    let (runs, rounds, old) = if std::env::args().any(|argument| argument == "--bench") { (100, 5, 10_000) } else { (2, 1, 64) };
    let folder: PathBuf = std::env::temp_dir().join(format!("agno-benches-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for (name, ours, theirs) in [
            ("SQLite, FULL", Synchronous::Full, SqliteSynchronous::Full),
            ("SQLite, NORMAL", Synchronous::Normal, SqliteSynchronous::Normal),
        ] {
            let path = folder.join(format!("{ours:?}.db"));
            let db = SqliteDb::options().synchronous(ours).open(&path).await.expect("a database");
            let floor = Floor::sqlite(&folder.join(format!("{ours:?}-floor.db")), theirs).await;
            measure(name, db.into(), floor, runs, rounds).await;
        }
        let path = folder.join("old.db");
        let db = SqliteDb::options().synchronous(Synchronous::Normal).open(&path).await.expect("a database");
        old_session(&db, old).await;
        let steps = ((old + 600) * STEPS) as u64;
        println!("  bytes a step, {} of content     {:>8}", content().to_string().len(), bytes(&path) / steps);
        workflow::old_session(&db.clone().into(), runs).await;
        reading(&db, 1_000).await;
        workflow::resume(&db.clone().into()).await;
        match std::env::var("AGNO_TEST_POSTGRES") {
            Ok(url) => {
                let db = PostgresDb::options().schema("benches").connect(&url).await.expect("a database");
                let floor = Floor::postgres(&url).await;
                measure("PostgreSQL", db.clone().into(), floor, runs, rounds).await;
                old_session(&db, old).await;
                workflow::old_session(&db.clone().into(), runs).await;
                reading(&db, 1_000).await;
                workflow::resume(&db.clone().into()).await;
            }
            Err(_) => println!("PostgreSQL: left out, since AGNO_TEST_POSTGRES is not set"),
        }
    });
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}
