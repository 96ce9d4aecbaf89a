// Says what is wrong with a Service of Knative: a file of JSON.
import { readFileSync } from "node:fs";
import { Service } from "@kubernetes-models/knative/serving.knative.dev/v1";

const service = new Service(JSON.parse(readFileSync(process.argv[2], "utf8")));
try {
  service.validate();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
