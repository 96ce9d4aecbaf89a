//! Events of gateways to requests, and responses in their forms.

#![no_main]

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use libfuzzer_sys::fuzz_target;
use shim::gateway::{Form, prelude, request, response};

fuzz_target!(|data: &[u8]| {
    let event = Bytes::copy_from_slice(data);
    for ignore_stage in [true, false] {
        if let Ok(read) = request(&event, ignore_stage) {
            assert!(read.request.uri().path().starts_with('/'));
            assert!(read.context.starts_with('{') && read.context.ends_with('}'));
        }
    }
    // The first line is a header's value, the rest a body.
    let mut made = Response::new(());
    let status = 200 + u16::from(data.first().copied().unwrap_or_default());
    *made.status_mut() = StatusCode::from_u16(status).expect("below 1000");
    let line = data.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if let Ok(value) = HeaderValue::from_bytes(line) {
        for name in ["content-type", "content-length", "set-cookie", "x-any"] {
            let name = HeaderName::from_static(name);
            made.headers_mut().append(name, value.clone());
        }
    }
    let (head, ()) = made.into_parts();
    for form in [
        Form::V1,
        Form::V2,
        Form::Alb { multi_value: false },
        Form::Alb { multi_value: true },
    ] {
        assert!(response(form, &head, data).ends_with(b"}"));
    }
    assert!(prelude(&head).ends_with(&[0; 8]));
});
