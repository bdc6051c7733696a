//! Media as a store has them. Big bytes lie beside the rows that name them, so that whoever reads or rewrites a row does not move them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    db::rows::{MediaRow, Record},
    digest::sha256,
    media::{Bytes, Media, MediaKind, MediaSource},
};

/// So many bytes stay in the row at most. It is the size of a page of SQLite, which a longer row would not fit into.
const IN_ROW: usize = 4_096;

/// A piece of media, as a row has it.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredMedia {
    kind: MediaKind,
    source: StoredSource,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mime_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredSource {
    /// Beside the row, under this digest.
    Digest(String),
    #[serde(untagged)]
    Here(MediaSource),
}

/// Bytes by their digests.
pub(super) type ByDigest = HashMap<String, Arc<[u8]>>;

/// Media as a row has them. The bytes that do not go there are added to `beside`.
pub(super) fn stow(media: &[Media], beside: &mut Vec<MediaRow>) -> Vec<StoredMedia> {
    let stow = |media: &Media| {
        let source = match &media.source {
            MediaSource::Bytes(bytes) if bytes.len() > IN_ROW => {
                let digest = sha256(bytes);
                beside.push(MediaRow { digest: digest.clone(), bytes: bytes.shared() });
                StoredSource::Digest(digest)
            }
            source => StoredSource::Here(source.clone()),
        };
        StoredMedia { kind: media.kind, source, mime_type: media.mime_type.clone(), name: media.name.clone() }
    };
    media.iter().map(stow).collect()
}

/// The media that a row has.
///
/// # Errors
/// Bytes are not there; the text names them.
pub(super) fn fetch(stored: Vec<StoredMedia>, beside: &ByDigest) -> Result<Vec<Media>, String> {
    let fetch = |StoredMedia { kind, source, mime_type, name }| {
        let source = match source {
            StoredSource::Here(source) => source,
            StoredSource::Digest(digest) => {
                let bytes = beside.get(&digest).ok_or_else(|| format!("the bytes `{digest}` of its media are not there"))?;
                MediaSource::Bytes(Bytes::from(Arc::clone(bytes)))
            }
        };
        Ok(Media { kind, source, mime_type, name })
    };
    stored.into_iter().map(fetch).collect()
}

/// The digests of all bytes that a run has beside its rows: beside what it was given, and beside its records.
pub(crate) fn digests<'r>(given: &'r Value, records: &'r [Record]) -> HashSet<&'r str> {
    let media = [given].into_iter().chain(records.iter().map(|record| &record.about)).filter_map(|row| row.get("media")?.as_array());
    media.flatten().filter_map(|media| media.pointer("/source/digest")?.as_str()).collect()
}
