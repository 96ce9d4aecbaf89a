mod answer;
mod anything;
mod kit;
mod samples;
mod targets;
mod values;
