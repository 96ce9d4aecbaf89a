//! Path and query of the request.

use http::Uri;
use http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::event::{Event, RequestContext, text};
use super::pairs::each_pair;
use super::{Form, NotHttp};

/// The setting of a function that takes the stage out of the paths of its requests, whatever its
/// value. The name is the one that `lambda_http` knows.
pub const IGNORE_STAGE: &str = "AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH";

/// What cannot stand in a path as it is. Gateways hand paths over decoded, or half so.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// What cannot stand in a query as it is.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// The request's target: `/path?query`, without a host, as it comes over plain HTTP.
pub(super) fn uri(
    form: Form,
    event: &Event<'_>,
    context: &RequestContext<'_>,
    ignore_stage: bool,
) -> Result<Uri, NotHttp> {
    let path = match form {
        Form::V2 => text(event.raw_path),
        Form::V1 | Form::Alb { .. } => text(event.path),
    };
    let mut target = String::new();
    push_path(
        &mut target,
        form,
        &path.unwrap_or_default(),
        context,
        ignore_stage,
    );
    push_query(&mut target, form, event)?;
    let target = PathAndQuery::try_from(target).map_err(|_| NotHttp::Member {
        member: "path",
        expected: "a path that has, with its query, less than 65,535 bytes",
    })?;
    Ok(target.into())
}

/// REST APIs leave the stage out of `path`, HTTP APIs have it in `rawPath`, unless they are asked
/// under a domain name of one's own. A handler always sees it, or, with `ignore_stage`, never.
fn push_path(
    target: &mut String,
    form: Form,
    path: &str,
    context: &RequestContext<'_>,
    ignore_stage: bool,
) {
    let mut path = path;
    let stage = match form {
        Form::V1 | Form::V2 => text(context.stage),
        Form::Alb { .. } => None,
    };
    if let Some(stage) = stage.filter(|stage| !stage.is_empty() && stage != "$default") {
        let rest = path.strip_prefix('/').unwrap_or(path);
        let rest = rest.strip_prefix(&*stage);
        // Of a REST API, `/prod` is a resource of that name.
        let rest =
            rest.filter(|rest| rest.starts_with('/') || (form == Form::V2 && rest.is_empty()));
        match rest {
            None if !ignore_stage => {
                target.push('/');
                push_encoded(target, &stage, PATH);
            }
            Some(rest) if ignore_stage && form == Form::V2 && is_gateways_own(context) => {
                path = rest;
            }
            _ => {}
        }
    }
    if !path.starts_with('/') {
        target.push('/');
    }
    push_encoded(target, path, PATH);
}

/// The host name is API Gateway's own, so that the path begins with the stage.
fn is_gateways_own(context: &RequestContext<'_>) -> bool {
    text(context.domain_name).is_none_or(|name| name.contains(".execute-api."))
}

/// HTTP APIs and function URLs have the query as it was sent. Load balancers have its names and
/// values as they were sent, REST APIs have them decoded.
fn push_query(target: &mut String, form: Form, event: &Event<'_>) -> Result<(), NotHttp> {
    if form == Form::V2
        && let Some(query) = text(event.raw_query_string)
    {
        if !query.is_empty() {
            target.push('?');
            push_encoded(target, &query, QUERY);
        }
        return Ok(());
    }
    let parameters = [
        (
            "multiValueQueryStringParameters",
            event.multi_value_query_string_parameters,
        ),
        ("queryStringParameters", event.query_string_parameters),
    ];
    let path = target.len();
    for (member, parameters) in parameters {
        let Some(parameters) = parameters else {
            continue;
        };
        let read = each_pair(parameters.get(), &mut |name, value| {
            target.push(if target.len() == path { '?' } else { '&' });
            push_parameter(target, form, name);
            target.push('=');
            push_parameter(target, form, &value);
        });
        read.map_err(|_| NotHttp::Member {
            member,
            expected: "an object of strings",
        })?;
        // Of a name that was sent several times, the other map has the last value only.
        if target.len() > path {
            break;
        }
    }
    Ok(())
}

fn push_parameter(target: &mut String, form: Form, text: &str) {
    match form {
        Form::Alb { .. } => push_encoded(target, text, QUERY),
        Form::V1 | Form::V2 => target.extend(form_urlencoded::byte_serialize(text.as_bytes())),
    }
}

/// Adds `text`, with what `set` names and what is no ASCII percent-encoded, and `%` where it begins
/// no percent-encoded byte.
fn push_encoded(target: &mut String, text: &str, set: &'static AsciiSet) {
    for (index, piece) in text.split('%').enumerate() {
        if index > 0 {
            let digits = piece.bytes().take(2).filter(u8::is_ascii_hexdigit).count();
            target.push_str(if digits == 2 { "%" } else { "%25" });
        }
        target.extend(utf8_percent_encode(piece, set));
    }
}
