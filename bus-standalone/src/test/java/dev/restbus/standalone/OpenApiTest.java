package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.standalone.RunningBus.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The document that Swagger UI and generated clients are made from, against the live answers. */
class OpenApiTest {

    /**
     * One call of a documented operation.
     *
     * @param path as in the document
     * @param live as called
     */
    private record Call(String method, String path, String live, String body) {

        String operation() {
            return method + " " + path;
        }
    }

    private static final String TOPIC = "/v1/topics/{topic}";
    private static final String RECORDS = TOPIC + "/partitions/{partition}/records";
    private static final String GROUP = "/v1/groups/{group}";
    private static final String MEMBER = GROUP + "/members/{member}";

    /** In an order in which each finds what it needs. */
    private static final List<Call> CALLS =
            List.of(
                    new Call("PUT", TOPIC, "/v1/topics/doc", "{\"partitions\":1}"),
                    new Call("PUT", TOPIC, "/v1/topics/doc", "{\"partitions\":1}"),
                    new Call("GET", "/v1/topics", "/v1/topics", null),
                    new Call("GET", TOPIC, "/v1/topics/doc", null),
                    new Call("PATCH", TOPIC, "/v1/topics/doc", "{\"partitions\":1}"),
                    new Call("POST", TOPIC, "/v1/topics/doc", "{\"a\":1}"),
                    new Call("POST", TOPIC, "/v1/topics/doc?acks=0", "{\"a\":1}"),
                    new Call(
                            "POST",
                            TOPIC + "/records",
                            "/v1/topics/doc/records",
                            "{\"records\":[{\"value\":1}]}"),
                    new Call("GET", TOPIC + "/records", "/v1/topics/doc/records", null),
                    new Call("GET", RECORDS, "/v1/topics/doc/partitions/0/records", null),
                    new Call("GET", RECORDS, "/v1/topics/doc/partitions/0/records?offset=99", null),
                    new Call(
                            "GET",
                            RECORDS + "/{offset}",
                            "/v1/topics/doc/partitions/0/records/0",
                            null),
                    new Call(
                            "POST",
                            MEMBER + "/poll",
                            "/v1/groups/g/members/m/poll?topics=doc&wait=1s",
                            null),
                    new Call(
                            "POST",
                            GROUP + "/members",
                            "/v1/groups/g/members",
                            "{\"memberId\":\"n\",\"topics\":[\"doc\"]}"),
                    new Call(
                            "POST",
                            MEMBER + "/heartbeat",
                            "/v1/groups/g/members/n/heartbeat",
                            "{\"memberEpoch\":2}"),
                    new Call("DELETE", MEMBER, "/v1/groups/g/members/n", null),
                    new Call(
                            "POST",
                            MEMBER + "/failures",
                            "/v1/groups/g/members/m/failures",
                            "{\"topic\":\"doc\",\"partition\":0,\"offset\":0,\"error\":\"e\"}"),
                    new Call("DELETE", MEMBER, "/v1/groups/g/members/m", null),
                    new Call("GET", "/v1/groups", "/v1/groups", null),
                    new Call("GET", GROUP, "/v1/groups/g", null),
                    new Call("PUT", GROUP, "/v1/groups/g", "{\"retry\":{\"maxAttempts\":2}}"),
                    new Call(
                            "POST",
                            GROUP + "/offsets",
                            "/v1/groups/g/offsets",
                            "{\"offsets\":[{\"topic\":\"doc\",\"partition\":0,\"nextOffset\":1}]}"),
                    new Call("GET", GROUP + "/offsets", "/v1/groups/g/offsets", null),
                    new Call(
                            "POST",
                            GROUP + "/offsets/reset",
                            "/v1/groups/g/offsets/reset",
                            "{\"topic\":\"doc\",\"to\":\"earliest\"}"),
                    new Call("DELETE", GROUP, "/v1/groups/g", null),
                    new Call(
                            "DELETE",
                            RECORDS,
                            "/v1/topics/doc/partitions/0/records?before=1",
                            null),
                    new Call("DELETE", TOPIC, "/v1/topics/doc", null));

    @TempDir static Path data;

    private static RunningBus bus;
    private static JsonNode document;

    @BeforeAll
    static void start() {
        bus = RunningBus.start(data);
        document = bus.get("/v3/api-docs").json();
    }

    @AfterAll
    static void stop() {
        bus.close();
    }

    @Test
    void everyOperationIsDescribedAndEveryDescriptionIsCalledHere() {
        Set<String> described = new TreeSet<>();
        for (String path : document.path("paths").propertyNames()) {
            for (String method : document.path("paths").path(path).propertyNames()) {
                described.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path);
            }
        }
        Set<String> called = new TreeSet<>();
        CALLS.forEach(call -> called.add(call.operation()));
        assertThat(described).isEqualTo(called);
    }

    @Test
    void everyOperationHasAnIdOfItsOwnAndATag() {
        List<String> ids = new ArrayList<>();
        for (Call call : CALLS) {
            JsonNode operation = operation(call);
            assertThat(operation.path("tags").size()).as(call.operation()).isEqualTo(1);
            String id = operation.path("operationId").asString();
            assertThat(id).as(call.operation()).matches("[a-z][A-Za-z]+");
            ids.add(id);
        }
        long operations = CALLS.stream().map(Call::operation).distinct().count();
        assertThat(ids.stream().distinct()).hasSize((int) operations);
    }

    @Test
    void liveAnswersAreAsDescribed() {
        for (Call call : CALLS) {
            Reply reply = bus.send(call.method(), call.live(), call.body());
            JsonNode answers = operation(call).path("responses");
            String status = Integer.toString(reply.status());
            assertThat(answers.propertyNames())
                    .as("%s %s: %s", call.method(), call.live(), reply.body())
                    .contains(status);
            if (reply.status() < 300 && !reply.body().isEmpty()) {
                String type = reply.header("Content-Type").split(";")[0];
                assertThat(answers.path(status).path("content").propertyNames())
                        .as(call.operation())
                        .contains(type);
            }
        }
    }

    private static JsonNode operation(Call call) {
        return document.path("paths")
                .path(call.path())
                .path(call.method().toLowerCase(java.util.Locale.ROOT));
    }
}
