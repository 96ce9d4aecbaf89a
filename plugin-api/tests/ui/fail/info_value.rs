//~ expected a JSON value
plugin_api::info! { "team": checkout }

fn main() {}
