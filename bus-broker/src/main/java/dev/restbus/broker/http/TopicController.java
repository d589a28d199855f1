package dev.restbus.broker.http;

import dev.restbus.api.Names;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.CoordinatorChannel;
import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.PartitionMetadata;
import dev.restbus.api.control.TopicChange;
import dev.restbus.api.control.TopicConfig;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.api.wire.DeletedRecords;
import dev.restbus.api.wire.Page;
import dev.restbus.api.wire.PatchTopic;
import dev.restbus.api.wire.PutTopic;
import dev.restbus.api.wire.TopicDetails;
import dev.restbus.api.wire.TopicDetails.PartitionDetails;
import dev.restbus.broker.replication.PartitionLeader;
import dev.restbus.broker.replication.Partitions;
import dev.restbus.door.Query;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Topics: create, look, change, delete. */
@RestController
@RequestMapping(path = "/v1/topics", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Topics")
class TopicController {

    private final CoordinatorChannel coordinator;
    private final Partitions partitions;
    private final Executor completions;

    TopicController(
            CoordinatorChannel coordinator, Partitions partitions, ExecutorService completions) {
        this.coordinator = coordinator;
        this.partitions = partitions;
        this.completions = completions;
    }

    @GetMapping
    @Operation(operationId = "listTopics", summary = "List topics by name")
    Page<TopicDetails> list(
            @RequestParam(defaultValue = "100") int limit,
            @RequestParam(defaultValue = "") String cursor) {
        if (limit < 1 || limit > Page.MAX_LIMIT) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    "limit", "limit is from 1 to " + Page.MAX_LIMIT + ", not " + limit);
        }
        TreeSet<String> names = new TreeSet<>(partitions.image().topics().keySet());
        List<TopicDetails> items = new ArrayList<>();
        String last = null;
        for (String name : names.tailSet(cursor, false)) {
            if (items.size() == limit) {
                return new Page<>(items, last);
            }
            TopicMetadata topic = partitions.topic(name);
            if (topic != null) {
                items.add(details(topic));
                last = name;
            }
        }
        return new Page<>(items, null);
    }

    @GetMapping("/{topic}")
    @Operation(operationId = "getTopic", summary = "One topic with its partitions")
    TopicDetails get(@PathVariable String topic) {
        return details(partitions.requireTopic(Names.require("topic", topic)));
    }

    @PutMapping("/{topic}")
    @Operation(
            operationId = "putTopic",
            summary = "Create a topic; 200 where it exists just so",
            responses = {
                @ApiResponse(
                        responseCode = "201",
                        description = "Created",
                        useReturnTypeSchema = true),
                @ApiResponse(
                        responseCode = "200",
                        description = "It exists just so",
                        useReturnTypeSchema = true)
            })
    CompletableFuture<ResponseEntity<TopicDetails>> put(
            @PathVariable String topic, @RequestBody(required = false) @Nullable PutTopic body) {
        Names.requireOwn("topic", topic);
        PutTopic wanted = body == null ? new PutTopic(null, null, null) : body;
        NewTopic described = described(topic, wanted);
        return coordinator
                .createTopic(described)
                .thenApplyAsync(
                        made ->
                                ResponseEntity.status(made.created() ? 201 : 200)
                                        .header("Location", "/v1/topics/" + topic)
                                        .body(
                                                made.created()
                                                        ? newDetails(made.topic())
                                                        : details(made.topic())),
                        completions);
    }

    /** What the caller left out is as it is where the topic exists, else the default. */
    private NewTopic described(String name, PutTopic wanted) {
        TopicMetadata present = partitions.topic(name);
        int defaultCount = present == null ? NewTopic.DEFAULT_PARTITIONS : present.partitionCount();
        int count = wanted.partitions() == null ? defaultCount : wanted.partitions();
        if (count < 1 || count > NewTopic.MAX_PARTITIONS) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    "/partitions",
                    "a topic has 1 to " + NewTopic.MAX_PARTITIONS + " partitions, not " + count);
        }
        Map<String, String> config =
                present != null && wanted.config() == null
                        ? present.config()
                        : checkedConfig(wanted.config());
        return new NewTopic(name, count, wanted.replicationFactor(), config);
    }

    @PatchMapping("/{topic}")
    @Operation(operationId = "patchTopic", summary = "More partitions, other configuration")
    CompletableFuture<TopicDetails> patch(
            @PathVariable String topic, @RequestBody PatchTopic body) {
        Names.requireOwn("topic", topic);
        TopicMetadata present = partitions.requireTopic(topic);
        boolean acceptKeyRemap = Boolean.TRUE.equals(body.acceptKeyRemap()) || isEmpty(present);
        Map<String, @Nullable String> config = changedConfig(body.config());
        return coordinator
                .changeTopic(topic, new TopicChange(body.partitions(), acceptKeyRemap, config))
                .thenApplyAsync(this::details, completions);
    }

    @DeleteMapping("/{topic}")
    @Operation(
            operationId = "deleteTopic",
            summary = "Delete a topic and its records",
            responses = @ApiResponse(responseCode = "204", description = "Deleted"))
    CompletableFuture<ResponseEntity<Void>> delete(@PathVariable String topic) {
        Names.requireOwn("topic", topic);
        return coordinator.deleteTopic(topic).thenApply(done -> ResponseEntity.noContent().build());
    }

    @DeleteMapping("/{topic}/partitions/{partition}/records")
    @Operation(
            operationId = "deleteRecords",
            summary = "Delete the records of a partition below an offset")
    DeletedRecords deleteRecords(
            @PathVariable String topic,
            @PathVariable int partition,
            @Parameter(description = "The first record to keep: a number, or latest") @RequestParam
                    String before) {
        Names.requireOwn("topic", topic);
        PartitionLeader leader = partitions.leader(topic, partition);
        long offset =
                before.equals("latest")
                        ? leader.highWatermark().offset()
                        : new Query(Map.of("before", before))
                                .number("before", 0, 0, Long.MAX_VALUE);
        return new DeletedRecords(partition, leader.deleteBefore(offset));
    }

    /** Where nothing was ever written, no key can move. */
    private boolean isEmpty(TopicMetadata topic) {
        for (int p = 0; p < topic.partitionCount(); p++) {
            if (partitions.leader(topic, p).logEnd() > 0) {
                return false;
            }
        }
        return true;
    }

    private TopicDetails details(TopicMetadata topic) {
        return details(
                topic,
                partition -> {
                    PartitionLeader leader = partitions.leader(topic, partition.partition());
                    return details(
                            partition,
                            leader.logStart(),
                            leader.highWatermark().offset(),
                            leader.logEnd(),
                            leader.sizeBytes());
                });
    }

    /** As it was created, for which no log needs to be opened. */
    private static TopicDetails newDetails(TopicMetadata topic) {
        return details(topic, partition -> details(partition, 0, 0, 0, 0));
    }

    private static TopicDetails details(
            TopicMetadata topic, Function<PartitionMetadata, PartitionDetails> partitionDetails) {
        return new TopicDetails(
                topic.name(),
                topic.id(),
                topic.partitions().stream().map(partitionDetails).toList(),
                topic.replicationFactor(),
                topic.effectiveConfig());
    }

    private static PartitionDetails details(
            PartitionMetadata partition,
            long logStart,
            long highWatermark,
            long logEnd,
            long sizeBytes) {
        return new PartitionDetails(
                partition.partition(),
                partition.leader(),
                partition.leaderEpoch(),
                partition.replicas(),
                partition.isr(),
                logStart,
                highWatermark,
                logEnd,
                sizeBytes);
    }

    private static Map<String, String> checkedConfig(
            @Nullable Map<String, @Nullable Object> config) {
        Map<String, String> checked = new HashMap<>();
        changedConfig(config)
                .forEach(
                        (key, value) -> {
                            if (value != null) {
                                checked.put(key, value);
                            }
                        });
        return checked;
    }

    private static Map<String, @Nullable String> changedConfig(
            @Nullable Map<String, @Nullable Object> config) {
        Map<String, @Nullable String> checked = new HashMap<>();
        if (config == null) {
            return checked;
        }
        config.forEach(
                (key, value) -> {
                    if (value instanceof Map || value instanceof List) {
                        throw ProblemCode.WRONG_TYPE.exceptionAt(
                                "/config/" + key, "a value is a string, a number or a boolean");
                    }
                    String text = value == null ? null : value.toString();
                    checked.put(key, text == null ? resetKey(key) : TopicConfig.check(key, text));
                });
        return checked;
    }

    /** A key that is put back to its default must be a known one, too. */
    private static @Nullable String resetKey(String key) {
        TopicConfig.requireKnown(key);
        return null;
    }
}
