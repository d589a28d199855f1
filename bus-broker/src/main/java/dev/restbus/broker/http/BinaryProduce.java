package dev.restbus.broker.http;

import dev.restbus.api.Acks;
import dev.restbus.api.Names;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.NewTopic;
import dev.restbus.api.control.TopicConfig;
import dev.restbus.api.control.TopicMetadata;
import dev.restbus.broker.publish.Publisher;
import dev.restbus.broker.replication.PartitionLeader;
import dev.restbus.door.Answer;
import dev.restbus.door.Exchange;
import dev.restbus.door.Query;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Produces record batches as they came, into the one partition asked for. Thread-safe. */
final class BinaryProduce {

    private static final int BYTES_A_RECORD = 40;

    private final Publisher publisher;

    BinaryProduce(Publisher publisher) {
        this.publisher = publisher;
    }

    static boolean isSent(Exchange exchange) {
        return BinaryBatches.MEDIA_TYPE.equals(exchange.mediaType());
    }

    /** Other bodies name a partition in each record, if at all. */
    static void refusePartition(Query query) {
        if (query.text("partition") != null) {
            throw ProblemCode.UNKNOWN_PARAMETER.exceptionAt(
                    "partition",
                    "partition is a parameter of "
                            + BinaryBatches.MEDIA_TYPE
                            + " only; here each record has its own");
        }
    }

    /**
     * One request.
     *
     * @param partition what the caller asked for
     * @param minimal whether one line a partition is answered
     */
    private record Request(
            BinaryBatches batches, int partition, Acks acks, long timeoutMs, boolean minimal) {}

    CompletableFuture<Answer> produce(Exchange exchange, Acks acks, long timeoutMs) {
        if (exchange.header(IdempotencyKeys.HEADER) != null) {
            throw ProblemCode.INVALID_VALUE.exceptionAt(
                    IdempotencyKeys.HEADER,
                    "a record batch is stored as it was sent, without a key; it is told from a"
                            + " repeat by its producer id and sequence");
        }
        String name = exchange.variable("topic");
        Names.requireOwn("topic", name);
        int partition = partitionOf(exchange.query());
        // A copy, since the answer may leave while the batches still wait to be written.
        BinaryBatches batches = BinaryBatches.parse(exchange.body().copy());
        Request request =
                new Request(
                        batches,
                        partition,
                        acks,
                        timeoutMs,
                        ProduceRoutes.wantsMinimal(exchange.header("Prefer")));
        TopicMetadata known = publisher.topic(name);
        if (known != null) {
            return append(request, known);
        }
        // A request that is not valid must not create a topic.
        requirePartition(partition, NewTopic.DEFAULT_PARTITIONS, name);
        batches.requireAtMost((int) TopicConfig.MAX_MESSAGE_BYTES.valueIn(Map.of()));
        return publisher.topicOrCreate(name).thenCompose(topic -> append(request, topic));
    }

    private CompletableFuture<Answer> append(Request request, TopicMetadata topic) {
        requirePartition(request.partition(), topic.partitionCount(), topic.name());
        request.batches()
                .requireAtMost((int) TopicConfig.MAX_MESSAGE_BYTES.valueIn(topic.config()));
        if (TopicConfig.isCompacted(topic.config())) {
            request.batches().requireKeys(topic.name());
        }
        if (request.batches().isSequenced()) {
            return appendOnce(request, topic);
        }
        CompletableFuture<Long> base =
                publisher.publish(
                        topic,
                        request.partition(),
                        request.batches().batches(),
                        request.acks(),
                        request.timeoutMs());
        return request.acks() == Acks.NONE
                ? CompletableFuture.completedFuture(Answer.empty(202))
                : base.thenApply(first -> answer(request, first));
    }

    private CompletableFuture<Answer> appendOnce(Request request, TopicMetadata topic) {
        CompletableFuture<PartitionLeader.Stored> stored =
                publisher.publishOnce(
                        topic,
                        request.partition(),
                        request.batches().batches().get(0),
                        request.acks(),
                        request.timeoutMs());
        if (request.acks() == Acks.NONE) {
            return CompletableFuture.completedFuture(Answer.empty(202));
        }
        return stored.thenApply(
                share -> {
                    Answer answer = answer(request, share.baseOffset());
                    return share.replayed() ? IdempotencyKeys.replayed(answer) : answer;
                });
    }

    private static int partitionOf(Query query) {
        if (query.text("partition") == null) {
            throw ProblemCode.MISSING_FIELD.exceptionAt(
                    "partition", "batches go to one partition, which is named: ?partition=0");
        }
        return query.integer("partition", 0, 0, Integer.MAX_VALUE);
    }

    private static void requirePartition(int partition, int count, String topic) {
        if (partition >= count) {
            throw ProblemCode.UNKNOWN_PARTITION.exceptionAt(
                    "partition",
                    "topic "
                            + topic
                            + " has partitions 0 to "
                            + (count - 1)
                            + ", not "
                            + partition);
        }
    }

    private static Answer answer(Request request, long first) {
        int records = request.batches().records();
        if (request.minimal()) {
            JsonBytes out = new JsonBytes(128);
            out.ascii("{\"partitions\":[{\"partition\":").number(request.partition());
            out.ascii(",\"baseOffset\":").number(first);
            out.ascii(",\"count\":").number(records).ascii("}]}");
            return Answer.json(201, out.slice())
                    .withHeaders(List.of("Preference-Applied", "return=minimal"));
        }
        JsonBytes out = new JsonBytes(16 + records * BYTES_A_RECORD);
        out.ascii("{\"records\":[");
        for (int i = 0; i < records; i++) {
            out.ascii(i == 0 ? "{\"partition\":" : ",{\"partition\":").number(request.partition());
            out.ascii(",\"offset\":").number(first + i).ascii("}");
        }
        return Answer.json(201, out.ascii("]}").slice());
    }
}
