package dev.restbus.broker.http;

import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.swagger.v3.oas.models.parameters.RequestBody;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.responses.ApiResponses;
import io.swagger.v3.oas.models.servers.Server;
import java.util.List;
import java.util.Map;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springframework.stereotype.Component;

/** Describes the paths that the front door serves itself, beside those of Spring MVC. */
@Component
class HotPathDocs implements OpenApiCustomizer {

    static final String TIMESTAMP =
            "Instead of an offset: the first record at or after a time, epoch milliseconds or RFC"
                    + " 3339";

    private static final String RECORDS = "Records";
    private static final String GROUPS = "Consumer groups";
    private static final String JSON = "application/json";

    @Override
    public void customise(OpenAPI api) {
        api.setInfo(
                new Info()
                        .title("Restbus")
                        .version("v1")
                        .description("A message bus over plain HTTP: logs, groups, dead letters."));
        api.setServers(List.of(new Server().url("/").description("This node")));
        extend(api, "/v1/topics/{topic}").setPost(produceOne());
        extend(api, "/v1/topics/{topic}/records").setPost(produceMany());
        extend(api, "/v1/topics/{topic}/partitions/{partition}/records").setGet(read());
        extend(api, "/v1/topics/{topic}/partitions/{partition}/records/{offset}").setGet(readOne());
        extend(api, "/v1/groups/{group}/members/{member}/poll").setPost(poll());
        TailDocs.add(api);
    }

    static PathItem extend(OpenAPI api, String path) {
        PathItem known = api.getPaths().get(path);
        if (known != null) {
            return known;
        }
        PathItem item = new PathItem();
        api.getPaths().addPathItem(path, item);
        return item;
    }

    private static Operation produceOne() {
        Content any = new Content();
        any.addMediaType(JSON, example(Map.of("orderId", 1)));
        any.addMediaType("text/plain", example("hello"));
        any.addMediaType("application/octet-stream", new MediaType());
        Map<String, Object> event =
                Map.of("specversion", "1.0", "id", "1", "source", "/till", "type", "sold");
        any.addMediaType("application/cloudevents+json", example(event));
        any.addMediaType("application/cloudevents-batch+json", example(List.of(event)));
        return operation("produce", RECORDS, "Produce one record: the body is the value")
                .parameters(
                        List.of(
                                path("topic", "orders"),
                                query("key", "string", "Same key, same partition"),
                                query("partition", "integer", "Wins over the key"),
                                acks(),
                                timeout(),
                                idempotencyKey()))
                .requestBody(new RequestBody().content(any))
                .responses(
                        answers(
                                "201",
                                "Stored",
                                example(
                                        Map.of(
                                                "topic",
                                                "orders",
                                                "partition",
                                                0,
                                                "offset",
                                                0,
                                                "timestamp",
                                                1_700_000_000_000L)),
                                "202",
                                "acks=0: taken, not confirmed"));
    }

    private static Operation produceMany() {
        Object body =
                Map.of("records", List.of(Map.of("key", "order-1", "value", Map.of("total", 12))));
        Content content = new Content().addMediaType(JSON, example(body));
        content.addMediaType(
                "application/x-ndjson",
                example("{\"key\":\"order-1\",\"value\":{\"total\":12}}\n{\"value\":2}\n"));
        content.addMediaType(BinaryBatches.MEDIA_TYPE, new MediaType());
        return operation("produceRecords", RECORDS, "Produce many records, or a stream of lines")
                .parameters(
                        List.of(
                                path("topic", "orders"),
                                acks(),
                                timeout(),
                                query("partition", "integer", "Where record batches go"),
                                idempotencyKey()))
                .requestBody(new RequestBody().content(content))
                .responses(
                        answers(
                                "201",
                                "Stored, in request order",
                                example(
                                        Map.of(
                                                "records",
                                                List.of(Map.of("partition", 0, "offset", 0)))),
                                "207",
                                "Some partitions refused, or a line stopped the stream; a problem says"
                                        + " why"));
    }

    private static Parameter idempotencyKey() {
        return new Parameter()
                .name(IdempotencyKeys.HEADER)
                .in("header")
                .description(
                        "1 to 255 visible ASCII characters. A repeat within 10 minutes has the"
                                + " first answer, with Idempotent-Replayed: true; not with NDJSON"
                                + " and record batches")
                .schema(new Schema<String>().type("string"));
    }

    private static Operation read() {
        Operation read =
                operation("readRecords", RECORDS, "Read a partition from an offset")
                        .parameters(
                                List.of(
                                        path("topic", "orders"),
                                        path("partition", "0"),
                                        query("offset", "string", "A number, earliest or latest"),
                                        query("timestamp", "string", TIMESTAMP),
                                        query("max", "integer", "At most so many records; 500"),
                                        query(
                                                "maxBytes",
                                                "integer",
                                                "At most so many bytes; 1 MiB"),
                                        query(
                                                "wait",
                                                "string",
                                                "How long to wait for a record, 5s")))
                        .responses(
                                answers(
                                        "200",
                                        "Records; none where the wait was over",
                                        example(Map.of("records", List.of(), "nextOffset", 0)),
                                        "416",
                                        "The offset is outside the log"));
        read.getResponses()
                .get("200")
                .getContent()
                .addMediaType(BinaryBatches.MEDIA_TYPE, new MediaType());
        return read;
    }

    private static Operation readOne() {
        return operation("readRecord", RECORDS, "One record, as it was sent")
                .parameters(
                        List.of(
                                path("topic", "orders"),
                                path("partition", "0"),
                                path("offset", "0")))
                .responses(
                        answers(
                                "200",
                                "The value, with its own content type",
                                new MediaType(),
                                "416",
                                "The offset is outside the log"));
    }

    private static Operation poll() {
        return operation("poll", GROUPS, "Join, heartbeat, commit and read in one call")
                .parameters(
                        List.of(
                                path("group", "shop"),
                                path("member", "m1"),
                                query("topics", "string", "Comma-separated; needed to join"),
                                query("max", "integer", "At most so many records; 500"),
                                query("maxBytes", "integer", "At most so many bytes; 1 MiB"),
                                query("wait", "string", "How long to wait for a record; 5s"),
                                query("ack", "string", "Commits the batch of this answer"),
                                query("autoCommit", "boolean", "Commits the batch before; true"),
                                query("assignor", "string", "range, round-robin, sticky, …"),
                                query("autoOffsetReset", "string", "earliest, latest or none"),
                                query("sessionTimeout", "string", "45s"),
                                query("instanceId", "string", "Static membership")))
                .responses(
                        answers(
                                "200",
                                "Records of the partitions this member owns",
                                example(
                                        Map.of(
                                                "records",
                                                List.of(),
                                                "memberEpoch",
                                                1,
                                                "assignment",
                                                List.of(),
                                                "rebalancing",
                                                false)),
                                "409",
                                "A partition of the acknowledged batch has another owner"));
    }

    static Operation operation(String id, String tag, String summary) {
        return new Operation().operationId(id).addTagsItem(tag).summary(summary);
    }

    static Parameter path(String name, String example) {
        return new Parameter()
                .in("path")
                .name(name)
                .required(true)
                .schema(new Schema<String>().type("string"))
                .example(example);
    }

    static Parameter query(String name, String type, String description) {
        return new Parameter()
                .in("query")
                .name(name)
                .description(description)
                .schema(new Schema<Object>().type(type));
    }

    private static Parameter acks() {
        return query("acks", "string", "0, 1 or all (default)");
    }

    private static Parameter timeout() {
        return query("timeout", "string", "How long acks=all waits; 30s");
    }

    static MediaType example(Object example) {
        return new MediaType().schema(new Schema<Object>()).example(example);
    }

    static ApiResponses answers(
            String status, String text, MediaType body, String other, String otherText) {
        ApiResponse main = new ApiResponse().description(text);
        main.setContent(new Content().addMediaType(JSON, body));
        return new ApiResponses()
                .addApiResponse(status, main)
                .addApiResponse(other, new ApiResponse().description(otherText));
    }
}
