//! Which marker a response type has, where several would fit.
//!
//! `Bytes` may be a serde type as well, and so is a `Result` whose error is one: what they mean must
//! not depend on that. As in [`describe`](crate::describe), method resolution chooses: it takes the
//! first of several traits that applies to a chain of references to [`Of`], the outermost first.

use std::marker::PhantomData;

use bytes::Bytes;

use crate::codec::{ErrorType, Fallible, Raw, ResponseCodec, ResponseType};
use crate::describe::Of;

/// Bytes are bytes.
pub trait MarkerOfBytes {
    /// The marker of the type.
    type Marker;
    /// To be inferred from, never called.
    fn marker(&self) -> PhantomData<Self::Marker> {
        PhantomData
    }
}

impl MarkerOfBytes for &&&Of<Bytes> {
    type Marker = Raw;
}

impl<E> MarkerOfBytes for &&&Of<Result<Bytes, E>> {
    type Marker = Fallible<Raw>;
}

/// A `Result` under another name is a success or an error, never JSON that tells of both.
pub trait MarkerOfFallible {
    /// The error, which must be one that a handler can return.
    type Error;
    /// To be inferred from, never called.
    fn marker<M>(&self) -> PhantomData<Fallible<M>>
    where
        Self::Error: ErrorType,
    {
        PhantomData
    }
}

impl<T, E> MarkerOfFallible for &&Of<Result<T, E>> {
    type Error = E;
}

/// All others: whatever fits.
pub trait MarkerOfAny {
    /// To be inferred from, never called.
    fn marker<M>(&self) -> PhantomData<M> {
        PhantomData
    }
}

impl<T> MarkerOfAny for &Of<T> {}

/// A marker that is settled.
pub struct Marker<M>(PhantomData<M>);

/// The marker that `infer` would return, as a constant.
pub const fn marker<M>(_infer: fn() -> PhantomData<M>) -> Marker<M> {
    Marker(PhantomData)
}

impl<M> Marker<M> {
    /// The codec of a response type that has it.
    pub const fn response<T: ResponseType<M>>(self) -> ResponseCodec<T> {
        ResponseCodec {
            flags: T::FLAGS,
            encode: T::into_response,
        }
    }
}

/// The codec of a response type.
#[doc(hidden)]
#[macro_export]
macro_rules! __response_codec {
    ($response:ty) => {{
        #[allow(unused_imports)]
        use $crate::__private::{MarkerOfAny as _, MarkerOfBytes as _, MarkerOfFallible as _};
        $crate::__private::marker(|| (&&&&$crate::__private::Of::<$response>::TYPE).marker())
            .response::<$response>()
    }};
}
