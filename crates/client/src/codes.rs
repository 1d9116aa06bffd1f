/// Machine-readable codes: an enum, all of its values, and the stable code of each.
macro_rules! codes {
    (
        $(#[$about:meta])*
        $name:ident: $($(#[$doc:meta])* $variant:ident => $code:literal,)*
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }
    };
}

pub(crate) use codes;
