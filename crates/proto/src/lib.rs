//! The gRPC types generated from `proto/`, and nothing else.
//!
//! Meaning, bounds and who may see a field stand as comments in the `.proto` files and are carried
//! over here. Conversions to domain types live with those who need them.

#![forbid(unsafe_code)]

/// The documents that bureaus sign: `symbolon.v1`.
pub mod v1 {
    #![allow(
        clippy::all,
        clippy::allow_attributes_without_reason,
        missing_docs,
        unreachable_pub,
        reason = "generated code"
    )]
    include!(concat!(env!("OUT_DIR"), "/symbolon.v1.rs"));
}

/// The partner face: `symbolon.partner.v1`.
pub mod partner {
    /// Version 1 of the partner face.
    pub mod v1 {
        #![allow(
            clippy::all,
            clippy::allow_attributes_without_reason,
            missing_docs,
            unreachable_pub,
            reason = "generated code"
        )]
        include!(concat!(env!("OUT_DIR"), "/symbolon.partner.v1.rs"));
    }
}

/// The bureau face: `symbolon.bureau.v1`.
pub mod bureau {
    /// Version 1 of the bureau face.
    pub mod v1 {
        #![allow(
            clippy::all,
            clippy::allow_attributes_without_reason,
            missing_docs,
            unreachable_pub,
            reason = "generated code"
        )]
        include!(concat!(env!("OUT_DIR"), "/symbolon.bureau.v1.rs"));
    }
}

/// The descriptors of everything above, serialized as a `google.protobuf.FileDescriptorSet`, for
/// server reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/symbolon.bin"));
