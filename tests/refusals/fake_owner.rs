//! An owner that does not keep to the rules, and can offer lists of the test's own making.

use ring::rand::SystemRandom;
use symbolon_mock::{Faults, Offered};
use symbolon_oprf::SecretKey;
use symbolon_policy::{Scope, SigningKey};
use symbolon_store::KeyName;
use symbolon_tests::{MisbehavingNode, World};
use time::OffsetDateTime;

/// The owner; it answers honestly until told otherwise.
pub(crate) struct FakeOwner {
    pub(crate) key: SecretKey,
    pub(crate) other_key: SecretKey,
    node: MisbehavingNode,
    manifest_key: SigningKey,
    offered: Offered,
}

impl FakeOwner {
    /// Takes the place of the owner's node, which must not run. There must be one scope.
    pub(crate) async fn of(world: &World) -> Self {
        let owner = &world.owner;
        let now = OffsetDateTime::now_utc();
        let scopes: Vec<_> =
            world.agreement.scopes_of(&owner.code, now).map(|(scope, ..)| scope).collect();
        let [scope]: [Scope; 1] = scopes.try_into().unwrap();
        let store = owner.store().await.unwrap();
        let key = store.scope_secrets(&scope, now).await.unwrap().key;
        let newest = store.newest_manifest(&scope.id()).await.unwrap().unwrap();
        store.close().await;
        let file = std::fs::read(owner.folder.own_set(&scope.id(), newest.version)).unwrap();
        let labels = owner.folder.own_labels(&scope.id(), newest.version);
        let labels = std::fs::read(labels).unwrap_or_default();
        Self {
            key,
            other_key: SecretKey::random(&SystemRandom::new()).unwrap(),
            node: MisbehavingNode::of(owner).await,
            manifest_key: KeyName::Manifest.read(&owner.folder).unwrap(),
            offered: Offered::published(&newest.document.into(), file, labels).unwrap(),
        }
    }

    /// What it does wrong.
    pub(crate) fn faults(&self) -> &Faults {
        &self.node.faults
    }

    /// Offers this version of the list from now on.
    pub(crate) fn offer(&mut self, offered: &Offered) {
        self.node.faults.offer(offered.clone());
        self.offered = offered.clone();
    }

    /// What it offers.
    pub(crate) fn offered(&self) -> Offered {
        self.offered.clone()
    }

    /// A next version of the list: made and signed under `key`, holding what `inputs` says, beside
    /// its canaries if they are wanted.
    pub(crate) fn make(
        &self,
        version: u64,
        key: &SecretKey,
        inputs: &[Vec<u8>],
        with_canaries: bool,
    ) -> Offered {
        Offered::made(&self.offered, version, key, inputs, with_canaries, &self.manifest_key)
            .unwrap()
    }

    /// The same version with a label of its own making on one input, each of `label_len` bytes.
    pub(crate) fn labelled(
        &self,
        offered: &Offered,
        input: &[u8],
        text: &str,
        label_len: u16,
    ) -> Offered {
        offered.labelled(&self.key, input, text, label_len, &self.manifest_key).unwrap()
    }

    /// Ends it, with all its connections: its port is free again.
    pub(crate) async fn stop(self) {
        self.node.stop().await;
    }
}
