package dev.restbus.broker.replication;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.log.GroupCommit;
import dev.restbus.broker.log.PartitionLog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Writes rounds of appends into the log of one partition, has them forced, and answers each: at
 * once, or when the high watermark is behind it. Called by the holder of the {@link AppendQueue};
 * the leader epoch is set by any thread.
 */
final class RoundWriter implements AppendQueue.Writer {

    private final GroupCommit.Member member;
    private final PartitionLog log;
    private final GroupCommit groupCommit;
    private final HighWatermark highWatermark;
    private final Repeats repeats;
    private final UnforcedBytes unforced;

    /** Answers what the thread that forces must not. */
    private final Executor completions;

    private volatile int leaderEpoch;

    /**
     * @param member asks for the force of {@code log}
     */
    RoundWriter(
            GroupCommit.Member member,
            int leaderEpoch,
            PartitionLog log,
            PartitionLeader.Commits commits,
            HighWatermark highWatermark,
            Repeats repeats,
            UnforcedBytes unforced) {
        this.member = member;
        this.leaderEpoch = leaderEpoch;
        this.log = log;
        this.groupCommit = commits.groupCommit();
        this.highWatermark = highWatermark;
        this.repeats = repeats;
        this.unforced = unforced;
        this.completions = commits.completions();
    }

    int leaderEpoch() {
        return leaderEpoch;
    }

    /** What is written from now on bears at least this epoch. */
    void onLeaderEpoch(int newEpoch) {
        leaderEpoch = Math.max(leaderEpoch, newEpoch);
    }

    /** With one that may be in the log already among them, one by one. */
    @Override
    public void write(List<Append> round, boolean beforeForce) {
        boolean anyTold = false;
        for (Append append : round) {
            anyTold |= append.isTold();
        }
        if (!anyTold) {
            writeAll(round, beforeForce);
            return;
        }
        for (Append append : round) {
            if (!append.isTold() || isMissing(append)) {
                writeAll(List.of(append), beforeForce);
            }
        }
    }

    /** Whether it is to be appended; else it is answered. */
    private boolean isMissing(Append append) {
        Repeats.Stored stored;
        try {
            stored = repeats.check(append.batches().get(0));
        } catch (RuntimeException e) {
            refuse(List.of(append), e);
            return false;
        }
        if (stored == null) {
            return true;
        }
        append.found(stored);
        unforced.release(append.sizeBytes());
        append.release();
        if (append.isForAll()) {
            // Found by the thread that forces, which must not write answers as well.
            completions.execute(() -> answer(append, stored.baseOffset()));
        } else {
            append.answer().complete(stored.baseOffset());
        }
        return false;
    }

    private void writeAll(List<Append> round, boolean beforeForce) {
        long base;
        try {
            base = log.append(batchesOf(round), leaderEpoch);
        } catch (RuntimeException e) {
            if (round.size() > 1 && isTooLarge(e)) {
                // Nothing is written; the others of the round are not to pay for it.
                for (Append append : round) {
                    writeAll(List.of(append), beforeForce);
                }
            } else {
                refuse(round, e);
            }
            return;
        }
        long bytes = 0;
        for (Append append : round) {
            bytes += append.sizeBytes();
            if (append.isTold()) {
                Slice batch = append.batches().get(0);
                repeats.remember(batch.bytes(), batch.at());
            }
            append.release();
        }
        unforced.wrote(bytes, log.logEnd());
        if (!beforeForce) {
            groupCommit.request(member, isAwaited(round));
        }
        for (Append append : round) {
            answer(append, base);
            base += append.recordCount();
        }
    }

    private static boolean isTooLarge(RuntimeException failure) {
        return failure instanceof BusException refusal
                && refusal.problem().code() == ProblemCode.RECORD_TOO_LARGE;
    }

    private static List<Slice> batchesOf(List<Append> round) {
        if (round.size() == 1) {
            return round.get(0).batches();
        }
        List<Slice> all = new ArrayList<>();
        for (Append append : round) {
            all.addAll(append.batches());
        }
        return all;
    }

    /** Whether a producer or a reader waits for this to be forced. */
    private boolean isAwaited(List<Append> round) {
        for (Append append : round) {
            if (append.isAwaited()) {
                return true;
            }
        }
        return highWatermark.hasWaiters();
    }

    private void refuse(List<Append> round, RuntimeException failure) {
        for (Append append : round) {
            unforced.release(append.sizeBytes());
            append.release();
            if (append.isForAll()) {
                // Written by the thread that forces, which must not write answers as well.
                completions.execute(() -> append.answer().completeExceptionally(failure));
            } else {
                append.answer().completeExceptionally(failure);
            }
        }
    }

    private void answer(Append append, long base) {
        if (!append.isForAll()) {
            append.answer().complete(base);
            return;
        }
        highWatermark.awaitForce(
                base + append.recordCount(),
                append.deadlineNanos(),
                failure -> {
                    if (failure == null) {
                        append.answer().complete(base);
                    } else {
                        append.answer()
                                .completeExceptionally(
                                        failure.problem().with("offset", base).asException());
                    }
                });
    }
}
