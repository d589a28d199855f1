package dev.restbus.broker.http;

import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.swagger.v3.oas.models.responses.ApiResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Describes the reads that can be streams, and what caches of single records need. */
final class TailDocs {

    private TailDocs() {}

    /** After the paths of {@link HotPathDocs} are there. */
    static void add(OpenAPI api) {
        Operation topic = readTopic();
        HotPathDocs.extend(api, "/v1/topics/{topic}/records").setGet(topic);
        String partition = "/v1/topics/{topic}/partitions/{partition}/records";
        Operation one = api.getPaths().get(partition).getGet();
        addParameter(one, lastEventId());
        for (Operation read : List.of(topic, one)) {
            addStreams(read.getResponses().get("200").getContent());
            read.getResponses()
                    .addApiResponse(
                            "406", new ApiResponse().description("No such type can be given"));
        }
        Operation raw = api.getPaths().get(partition + "/{offset}").getGet();
        addParameter(raw, header("If-None-Match", "The ETag of an answer before"));
        raw.getResponses()
                .addApiResponse("304", new ApiResponse().description("It is the same record"));
    }

    private static void addParameter(Operation operation, Parameter parameter) {
        List<Parameter> all = new ArrayList<>(operation.getParameters());
        all.add(parameter);
        operation.setParameters(all);
    }

    private static Operation readTopic() {
        return HotPathDocs.operation(
                        "readTopic",
                        "Records",
                        "Read all partitions, in pages of JSON or as a stream")
                .parameters(
                        List.of(
                                HotPathDocs.path("topic", "orders"),
                                HotPathDocs.query("offset", "string", "earliest or latest"),
                                HotPathDocs.query("timestamp", "string", HotPathDocs.TIMESTAMP),
                                HotPathDocs.query("cursor", "string", "next of the page before"),
                                HotPathDocs.query(
                                        "max", "integer", "At most so many records; 500 a page"),
                                HotPathDocs.query("maxBytes", "integer", "A page's bytes; 1 MiB"),
                                HotPathDocs.query(
                                        "wait",
                                        "string",
                                        "How long to wait for a record; a stream without it goes"
                                                + " on"),
                                lastEventId()))
                .responses(
                        HotPathDocs.answers(
                                "200",
                                "Records, and where to go on",
                                HotPathDocs.example(Map.of("records", List.of(), "next", "AQ")),
                                "410",
                                "The cursor is of a topic that was deleted"));
    }

    private static void addStreams(Content content) {
        String record = "{\"partition\":0,\"offset\":16,\"key\":null,\"value\":1,…}";
        content.addMediaType(
                TailFormat.NDJSON.mediaType(), text(record + "\n", "One record a line"));
        content.addMediaType(
                TailFormat.SSE.mediaType(),
                text(
                        "id: 0:17,1:4\nevent: record\ndata: " + record + "\n\n",
                        "Events named record; the last may be a problem"));
    }

    private static MediaType text(String example, String description) {
        return new MediaType()
                .schema(new Schema<String>().type("string").description(description))
                .example(example);
    }

    private static Parameter lastEventId() {
        return header("Last-Event-ID", "Goes on behind this event, 0:17,1:4; wins over offset");
    }

    private static Parameter header(String name, String description) {
        return new Parameter()
                .in("header")
                .name(name)
                .description(description)
                .schema(new Schema<String>().type("string"));
    }
}
