//! Images, videos, audio and files: given, attached, carried.

use agno::{Bytes, MediaKind, MediaSource, prelude::*};
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
