//! Images, videos, audio and files: given, attached, carried.

use agno::{Bytes, Db as _, MediaKind, MediaSource, SqliteDb, prelude::*};
use serde_json::json;

use crate::probe::{Probe, soon};

#[step]
async fn draws(text: &str, ctx: &StepContext) -> String {
    assert_eq!((ctx.images().len(), ctx.videos().len(), ctx.audio().len(), ctx.files().len()), (1, 1, 1, 1));
    ctx.attach(Media::image(vec![1, 2, 3]).mime_type("image/png").name("sketch"));
    assert_eq!(ctx.images().len(), 1, "it is the run's when the step is done");
    text.to_owned()
}

#[step]
async fn counts(_text: &str, ctx: &StepContext) -> String {
    ctx.images().iter().map(|image| image.name.clone().unwrap_or_default()).collect::<Vec<_>>().join(",")
}

workflow! { Draw(text: String) -> String { draws; counts; } }

#[tokio::test]
async fn media_goes_in_and_comes_out() {
    let wf = Draw::new();
    let run = wf
        .run("a")
        .run_id("r")
        .image("https://example.org/a.png")
        .video(std::path::PathBuf::from("film.mp4"))
        .audio(vec![0_u8; 4])
        .file(String::from("https://example.org/a.pdf"));
    let out = run.await.expect("completes");
    assert_eq!(*out.content, ",sketch", "a later step sees what an earlier one has attached");
    let images: Vec<_> = out.images().collect();
    assert_eq!((images.len(), &images[0].source), (2, &MediaSource::Url("https://example.org/a.png".into())));
    assert_eq!((images[1].name.as_deref(), images[1].mime_type.as_deref()), (Some("sketch"), Some("image/png")));
    let MediaSource::Bytes(bytes) = &images[1].source else { panic!("are bytes") };
    assert_eq!(&**bytes, [1, 2, 3]);
    assert_eq!((out.videos().count(), out.audio().count(), out.files().count(), out.media.len()), (1, 1, 1, 5));
    assert_eq!(out.videos().next().expect("is there").source, MediaSource::Path("film.mp4".into()));
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    assert_eq!(stored.media, out.media);
}

#[test]
fn media_is_json() {
    let media = Media::file(vec![0, 255]).name("x");
    let json = serde_json::to_value(&media).expect("writes");
    assert_eq!(json, json!({ "kind": "file", "source": { "bytes": "AP8=" }, "name": "x" }));
    assert_eq!(serde_json::from_value::<Media>(json).expect("reads"), media);
    assert_eq!(Media::new(MediaKind::Audio, "u").kind, MediaKind::Audio);
    let bytes: Bytes = serde_json::from_value(json!("AQID")).expect("reads");
    assert_eq!((&*bytes, format!("{bytes:?}").as_str()), (&[1, 2, 3][..], "3 bytes"));
    serde_json::from_value::<Bytes>(json!("?")).expect_err("is no base64");
}

#[step(retry = 1, backoff = "1s")]
async fn flaky(text: &str, ctx: &StepContext) -> Result<String, std::io::Error> {
    ctx.attach(Media::file(format!("attempt {}", ctx.attempt())));
    if ctx.attempt() == 1 { Err(std::io::Error::other("not yet")) } else { Ok(text.to_owned()) }
}

#[step]
async fn fails(text: &str, ctx: &StepContext) -> Result<String, std::io::Error> {
    ctx.attach(Media::file("lost"));
    Err(std::io::Error::other(text.to_owned()))
}

#[step]
async fn waits(text: &str, #[extra] probe: &Probe, ctx: &StepContext) -> String {
    ctx.attach(Media::file("waited"));
    probe.pass("waits").await;
    text.to_owned()
}

workflow! {
    Attempts(text: String) -> String {
        extra probe: Probe;
        flaky;
        fails with (on_error = skip);
        waits;
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_or_cut_attempt_attaches_nothing() {
    let (wf, probe) = (Attempts::new(), Probe::new());
    probe.cut("waits", 1, wf.run("a").run_id("r").extra(probe.clone())).await;
    assert_eq!(wf.get_run("r").await.expect("reads").expect("is there").media, [Media::file("attempt 2")]);
    probe.open("waits");
    let out = soon(wf.resume("r")).await.expect("completes");
    assert_eq!(out.media, [Media::file("attempt 2"), Media::file("waited")]);
}

#[step]
async fn renders(text: &str, ctx: &StepContext) -> String {
    ctx.attach(Media::image(vec![1; 200_000]).name("large"));
    ctx.attach(Media::image(vec![2; 20]).name("small"));
    text.to_owned()
}

workflow! {
    Render(text: String) -> bool {
        renders;
        ask good: bool = "Is it good?";
    }
}

#[tokio::test]
async fn big_bytes_lie_beside_the_rows_and_survive() {
    let folder = tempfile::tempdir().expect("there is a place");
    let file = folder.path().join("agno.db");
    let db = SqliteDb::open(&file).await.expect("it opens");
    let wf = Render::builder().db(db.clone()).build();
    let run = wf.run("a").run_id("big").audio(vec![3_u8; 100_000]);
    let Outcome::Paused(_) = run.outcome().await.expect("it asks") else { panic!("it asks") };
    let row = db.run("big").await.expect("reads").expect("is there");
    let records = db.records("big").await.expect("reads");
    let longest = records.iter().map(|record| record.about.to_string().len()).max().expect("there are some");
    assert!(row.given.to_string().len() < 500 && longest < 2_000, "{longest} {}", row.given);
    let mut beside: Vec<usize> = db.media("big").await.expect("reads").iter().map(|media| media.bytes.len()).collect();
    beside.sort_unstable();
    assert_eq!(beside, [100_000, 200_000]);
    drop((wf, db));

    let wf = Render::builder().db(SqliteDb::open(&file).await.expect("it opens")).build();
    let out = wf.answer("big", "good", true).await.expect("goes on");
    let sizes = |media: &[Media]| -> Vec<usize> {
        let size = |media: &Media| if let MediaSource::Bytes(bytes) = &media.source { bytes.len() } else { 0 };
        media.iter().map(size).collect()
    };
    assert_eq!(sizes(&out.media), [100_000, 200_000, 20]);
    assert_eq!(
        (out.images().next().and_then(|image| image.name.as_deref()), &out.media[0]),
        (Some("large"), &Media::audio(vec![3; 100_000]))
    );
    let other = wf.fork("big", "good", |good: bool| !good).await.expect("it completes");
    assert_eq!((*other.content, &other.media), (false, &out.media));
    assert!(wf.sessions().delete_run("big").await.expect("goes"));
    let stored = wf.get_run(&*other.run_id).await.expect("reads").expect("is there");
    assert_eq!(stored.media, out.media, "it has its own");
}
