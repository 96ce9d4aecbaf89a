//! What an event says beside the request: authorizer, path parameters, stage variables.

use super::event::Event;

/// The event as JSON text without what the request has: body, headers, cookies and query. Members
/// are as they stand in the event; the absent ones, and those that are `null`, are left out.
pub(super) fn context(event: &Event<'_>) -> String {
    let members = [
        ("version", event.version),
        ("resource", event.resource),
        ("routeKey", event.route_key),
        ("httpMethod", event.http_method),
        ("path", event.path),
        ("rawPath", event.raw_path),
        ("pathParameters", event.path_parameters),
        ("stageVariables", event.stage_variables),
        ("requestContext", event.request_context),
    ];
    let present = || {
        let members = members.iter();
        members.filter_map(|(name, value)| Some((name, value.as_ref()?.get())))
    };
    // Two quotes, a colon and a comma or brace for each.
    let length = present().map(|(name, value)| name.len() + value.len() + 4);
    let mut json = String::with_capacity(length.sum::<usize>() + 2);
    json.push('{');
    for (name, value) in present() {
        if json.len() > 1 {
            json.push(',');
        }
        json.push('"');
        json.push_str(name);
        json.push_str("\":");
        json.push_str(value);
    }
    json.push('}');
    json
}
