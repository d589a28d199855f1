package dev.restbus.broker.log;

import static dev.restbus.broker.log.FileLogTest.assertProblem;
import static dev.restbus.broker.log.LogFixture.batch;
import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class GroupCommitTest {

    @TempDir Path root;

    /** A log whose writers wait until their record is durable. */
    private static final class Waiting implements GroupCommit.Member {
        private final FileLog log;
        private final ConcurrentSkipListMap<Long, CompletableFuture<Long>> waiters =
                new ConcurrentSkipListMap<>();
        final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
        private long lastTold;

        Waiting(FileLog log) {
            this.log = log;
        }

        synchronized CompletableFuture<Long> write(String value, GroupCommit commit) {
            long offset = log.append(List.of(batch(value)), 1);
            CompletableFuture<Long> done = new CompletableFuture<>();
            waiters.put(offset, done);
            commit.request(this, offset % 5 != 0);
            return done;
        }

        @Override
        public PartitionLog log() {
            return log;
        }

        @Override
        public void onForced(long durableEnd) {
            if (durableEnd < lastTold || durableEnd > log.logEnd()) {
                wrong.add("told " + durableEnd + " after " + lastTold);
            }
            lastTold = durableEnd;
            // One by one: a writer may come between with what is forced already, and asks again.
            for (long offset : waiters.headMap(durableEnd).keySet()) {
                CompletableFuture<Long> done = waiters.remove(offset);
                if (done != null) {
                    done.complete(durableEnd);
                }
            }
        }

        @Override
        public void onForceFailed(BusException failure) {
            waiters.values().forEach(done -> done.completeExceptionally(failure));
        }
    }

    private static LogId id(int partition) {
        return new LogId("orders", new UUID(1, 1), partition);
    }

    @Test
    void everyWriterIsToldOnceItsRecordIsForced() throws Exception {
        int writers = 16;
        int records = 200;
        LogSettings settings = LogSettings.DEFAULT.withSegmentBytes(16 * 1024);
        try (LogDirectory directory = LogDirectory.open(root, new FileDisk());
                GroupCommit commit = new GroupCommit("group-commit")) {
            List<Waiting> members = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                members.add(new Waiting(directory.open(id(i), settings)));
            }
            List<CompletableFuture<Void>> running = new ArrayList<>();
            for (int w = 0; w < writers; w++) {
                Waiting member = members.get(w % members.size());
                running.add(
                        CompletableFuture.runAsync(
                                () -> {
                                    for (int i = 0; i < records; i++) {
                                        long durable = member.write("value", commit).join();
                                        assertThat(member.log.durableEnd())
                                                .isGreaterThanOrEqualTo(durable);
                                    }
                                },
                                task -> new Thread(task).start()));
            }
            for (CompletableFuture<Void> one : running) {
                one.get(50, TimeUnit.SECONDS);
            }
            for (Waiting member : members) {
                assertThat(member.wrong).isEmpty();
                assertThat(member.waiters).isEmpty();
            }
            assertThat(members.stream().mapToLong(m -> m.log.durableEnd()).sum())
                    .isEqualTo((long) writers * records);
        }
        assertThat(LogCheck.check(new FileDisk(), root).findings()).isEmpty();
    }

    @Test
    void closingForcesWhatWasAskedForAndTakesNoMore() throws Exception {
        try (LogDirectory directory = LogDirectory.open(root, new FileDisk())) {
            for (int round = 0; round < 50; round++) {
                Waiting member = new Waiting(directory.open(id(round), LogSettings.DEFAULT));
                GroupCommit commit = new GroupCommit("group-commit");
                List<CompletableFuture<Long>> done = new ArrayList<>();
                for (int i = 0; i < 5; i++) {
                    done.add(member.write("value-" + i, commit));
                }
                commit.close();
                commit.close();
                assertThat(done).allMatch(CompletableFuture::isDone);
                assertThat(member.log.durableEnd()).isEqualTo(5);
                assertProblem(ProblemCode.SHUTTING_DOWN, () -> commit.request(member, true));
            }
        }
        assertThat(LogCheck.check(new FileDisk(), root).findings()).isEmpty();
    }

    @Test
    void aRequestThatMeetsTheCloseIsServedOrRefusedAndNeverForgotten() throws Exception {
        try (LogDirectory directory = LogDirectory.open(root, new FileDisk())) {
            Waiting member = new Waiting(directory.open(id(0), LogSettings.DEFAULT));
            for (int round = 0; round < 200; round++) {
                GroupCommit commit = new GroupCommit("group-commit");
                CompletableFuture<Boolean> writer =
                        CompletableFuture.supplyAsync(
                                () -> {
                                    try {
                                        member.write("value", commit).join();
                                        return true;
                                    } catch (BusException e) {
                                        return e.problem().code() == ProblemCode.SHUTTING_DOWN;
                                    }
                                });
                commit.close();
                assertThat(writer.get(20, TimeUnit.SECONDS)).isTrue();
            }
        }
        assertThat(LogCheck.check(new FileDisk(), root).findings()).isEmpty();
    }

    @Test
    void aFailedForceIsToldAndTheOtherLogsGoOn() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        Path bad = root.resolve("bad");
        Path good = root.resolve("good");
        try (FileLog badLog = FileLog.open(disk, bad, id(0), LogSettings.DEFAULT);
                FileLog goodLog = FileLog.open(new FileDisk(), good, id(1), LogSettings.DEFAULT);
                GroupCommit commit = new GroupCommit("group-commit")) {
            Waiting failing = new Waiting(badLog);
            failing.write("first", commit).join();
            disk.failsToForce = name -> name.endsWith(".log");
            CompletableFuture<Long> lost = failing.write("second", commit);
            assertThat(lost.handle((end, e) -> e).get(20, TimeUnit.SECONDS))
                    .isInstanceOf(BusException.class)
                    .hasMessageContaining("replica-fenced");
            assertThat(badLog.durableEnd()).isEqualTo(1);

            commit.request(throwing(goodLog), true);
            Waiting working = new Waiting(goodLog);
            assertThat(working.write("value", commit).get(20, TimeUnit.SECONDS)).isEqualTo(1);
        }
        LogFixture.assertUndamaged(bad);
        LogFixture.assertSound(good);
    }

    private static GroupCommit.Member throwing(FileLog log) {
        return new GroupCommit.Member() {
            @Override
            public PartitionLog log() {
                return log;
            }

            @Override
            public void onForced(long durableEnd) {
                throw new IllegalStateException("a bug of the member");
            }

            @Override
            public void onForceFailed(BusException failure) {}
        };
    }
}
