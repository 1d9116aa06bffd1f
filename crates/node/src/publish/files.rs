use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use symbolon_exchange::LabelFile;
use symbolon_store::{FolderError, Tag};
use symbolon_tagset::{
    Label, LabelParameters, LabelSummary, MembershipHash, Parameters, TagSet, build_labels,
};
use zeroize::Zeroizing;

use crate::publish_error::PublishError;

/// What is needed to write the labels of a scope.
pub(super) struct ScopeLabels {
    pub(super) label_len: u16,
    pub(super) labelled: Vec<Tag>,
    pub(super) texts: HashMap<u64, Zeroizing<String>>,
}

impl ScopeLabels {
    /// Writes them beside the set at `set`. An identifier of which there is nothing to say has an
    /// empty label, like any other from outside.
    pub(super) fn write(
        mut self,
        path: &Path,
        set: &Path,
        of: &Parameters,
    ) -> Result<LabelFile, PublishError> {
        let set = TagSet::open(set).map_err(PublishError::Set)?;
        let parameters = LabelParameters {
            scope: of.scope,
            version: of.version,
            padded_len: set.padded_len(),
            label_len: self.label_len,
        };
        let mut labels = Vec::with_capacity(self.labelled.len());
        for Tag { identifier, hash, secret } in self.labelled {
            if let (Some(entry), Some(secret)) = (set.find(&MembershipHash(hash)), secret) {
                let text = self.texts.remove(&identifier);
                let text = text.map(|mut text| std::mem::take(&mut *text)).unwrap_or_default();
                labels.push(Label { entry, secret, text });
            }
        }
        let summary = write_aside(path, |out| build_labels(&parameters, labels, out))?;
        let LabelSummary { sha256, file_len } = summary;
        Ok(LabelFile { sha256, file_len, label_len: parameters.label_len })
    }
}

/// Writes a file aside, syncs it and moves it into place.
pub(super) fn write_aside<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, symbolon_tagset::Error>,
) -> Result<T, PublishError> {
    let aside = path.with_extension("new");
    let disk = |source: io::Error| FolderError::io("write", path, source);
    let attempt = || -> Result<T, PublishError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&aside)
            .map_err(disk)?;
        let mut out = BufWriter::new(file);
        let summary = write(&mut out).map_err(PublishError::Set)?;
        out.flush().map_err(disk)?;
        out.get_ref().sync_all().map_err(disk)?;
        fs::rename(&aside, path).map_err(disk)?;
        if let Some(folder) = path.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk)?;
        }
        Ok(summary)
    };
    attempt().inspect_err(|_| {
        let _ = fs::remove_file(&aside);
    })
}
