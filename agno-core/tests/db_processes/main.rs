//! Stores between processes: this program starts itself, kills what it started, and looks what is left.

#[path = "../db/support.rs"]
mod support;

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, ExitCode, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use agno_core::{
    Status,
    db::{
        Db,
        rows::{Claim, Commit, RecordKind, RunFilter},
    },
};
use tokio::time::{sleep, timeout};

use self::support::{Folder, begun, change, node, standing, write};

const ROLE: &str = "AGNO_TEST_ROLE";
const RUNS: usize = 40;

/// A database by its address: a path, or a URL with a schema after `#`.
async fn open(address: &str) -> Arc<dyn Db> {
    #[cfg(feature = "postgres")]
    if let Some((url, schema)) = address.split_once('#') {
        return Arc::new(agno_core::db::PostgresDb::options().schema(schema).connect(url).await.expect("a database"));
    }
    let options = agno_core::db::SqliteDb::options().synchronous(agno_core::db::Synchronous::Normal);
    Arc::new(options.open(address).await.expect("a database"))
}

/// A process that plays a role, and is killed with this value.
struct Player(Child);

impl Player {
    fn new(role: &str, address: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        Self(command.env(ROLE, role).arg(address).stdout(Stdio::piped()).spawn().expect("a process"))
    }

    /// What it says next.
    fn says(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
        line.trim().to_owned()
    }

    /// `SIGKILL`.
    fn kill(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("gone");
    }

    fn ends(mut self) -> bool {
        self.0.wait().expect("it ends").success()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Begins a run, says so, and then holds it until somebody kills it.
async fn hold(address: &str) {
    let db = open(address).await;
    begun(&*db, "a").await;
    write(&*db, "a", [node("done", 1)]).await.expect("a record");
    println!("holding");
    std::future::pending().await
}

/// Opens a database that others open too, and begins a run in it.
async fn enter(address: &str) {
    let db = open(address).await;
    begun(&*db, &format!("of {}", std::process::id())).await;
    println!("in");
}

/// Claims all runs, and makes an effect for each that it gets. Answers all questions.
async fn work(address: &str) {
    let db = open(address).await;
    let me = std::process::id() as usize;
    for turn in 0..RUNS {
        // Each process goes through them in an order of its own.
        let run_id = format!("run {}", (turn * 7 + me * 13) % RUNS);
        let answer = agno_core::db::rows::Record { kind: RecordKind::Answer, ..node("review", me) };
        if db.answer(&run_id, answer).await.expect("an answer, or none") {
            println!("answered {run_id}");
        }
        let Claim::Yours { fence } = db.claim(&run_id, false).await.expect("a claim") else { continue };
        let run = db.run(&run_id).await.expect("a run").expect("the run");
        let end = if run.standing.status == Status::Completed {
            Commit { release: true, ..change(&run_id, fence) }
        } else {
            println!("ran {run_id}");
            Commit { records: vec![node("effect", me)], standing: Some(Box::new(standing(Status::Completed))), ..change(&run_id, fence) }
        };
        db.commit(end).await.expect("whoever has claimed it can end it");
    }
    println!("end");
}

async fn a_new_database_is_opened_by_many_at_once(address: &str, processes: usize) {
    let mut players: Vec<Player> = (0..processes).map(|_| Player::new("enter", address)).collect();
    assert!(players.iter_mut().all(|player| player.says() == "in"));
    assert!(players.into_iter().all(Player::ends), "each process ends well");
    assert_eq!(open(address).await.runs(RunFilter::default()).await.expect("runs").len(), processes);
}

async fn the_killed_hold_nothing(address: &str) {
    let db = open(address).await;
    let mut changes = db.changes();
    let mut player = Player::new("hold", address);
    assert_eq!(player.says(), "holding");
    assert_eq!(db.claim("a", false).await.expect("a claim"), Claim::Held { until: None }, "its owner lives on this machine");
    assert!(db.is_owned("a").await.expect("the run"));
    timeout(Duration::from_secs(10), changes.changed()).await.expect("what another process did is told").expect("told");
    player.kill();
    let from = Instant::now();
    let claim = loop {
        match db.claim("a", false).await.expect("a claim") {
            // A server has to notice.
            Claim::Held { .. } if from.elapsed() < Duration::from_secs(5) => sleep(Duration::from_millis(1)).await,
            claim => break claim,
        }
    };
    assert_eq!(claim, Claim::Yours { fence: 2 }, "nobody waits for a lease");
    println!("  claimed {:?} after the kill", from.elapsed());
    assert_eq!(db.records("a").await.expect("records"), [node("done", 1)], "what was committed is there");
}

async fn each_run_runs_once(address: &str, processes: usize) {
    let db = open(address).await;
    for index in 0..RUNS {
        let run_id = format!("run {index}");
        begun(&*db, &run_id).await;
        db.commit(Commit { release: true, ..change(&run_id, 1) }).await.expect("let go");
    }
    let mut players: Vec<Player> = (0..processes).map(|_| Player::new("work", address)).collect();
    let (mut ran, mut answered) = (Vec::new(), Vec::new());
    for player in &mut players {
        let output = BufReader::new(player.0.stdout.take().expect("its output"));
        for line in output.lines() {
            let line = line.expect("a line");
            match line.split_once(' ') {
                Some(("ran", run_id)) => ran.push(run_id.to_owned()),
                Some(("answered", run_id)) => answered.push(run_id.to_owned()),
                _ => assert_eq!(line, "end"),
            }
        }
    }
    assert!(players.into_iter().all(Player::ends), "each process ends well");
    let mut all: Vec<String> = (0..RUNS).map(|index| format!("run {index}")).collect();
    all.sort_unstable();
    for done in [&mut ran, &mut answered] {
        done.sort_unstable();
        assert_eq!(*done, all, "each of them once");
    }
    let completed = RunFilter { status: vec![Status::Completed], ..RunFilter::default() };
    assert_eq!(db.runs(completed).await.expect("runs").len(), RUNS);
}

async fn all(address: impl Fn(&str) -> String, processes: usize) {
    println!("a new database is opened by {processes} processes at once");
    a_new_database_is_opened_by_many_at_once(&address("new"), processes).await;
    println!("the killed hold nothing");
    the_killed_hold_nothing(&address("killed")).await;
    println!("each run runs once, with {processes} processes");
    each_run_runs_once(&address("once"), processes).await;
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut arguments = std::env::args().skip(1);
    match std::env::var(ROLE).as_deref() {
        Ok("hold") => runtime.block_on(hold(&arguments.next().expect("an address"))),
        Ok("enter") => runtime.block_on(enter(&arguments.next().expect("an address"))),
        Ok("work") => runtime.block_on(work(&arguments.next().expect("an address"))),
        Ok(role) => panic!("nobody plays `{role}`"),
        Err(_) => {
            let folder = Folder::new();
            println!("SQLite");
            runtime.block_on(all(|name| folder.file(name).display().to_string(), 8));
            #[cfg(feature = "postgres")]
            {
                println!("PostgreSQL");
                let server =
                    std::env::var("AGNO_TEST_POSTGRES").expect("run this by `scripts/postgres run -- cargo test …`, which starts a server");
                runtime.block_on(all(|name| format!("{server}#p{}_{name}", std::process::id()), 16));
            }
        }
    }
    ExitCode::SUCCESS
}
