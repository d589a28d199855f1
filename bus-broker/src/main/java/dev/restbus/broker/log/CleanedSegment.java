package dev.restbus.broker.log;

import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.RecordBatch;
import dev.restbus.api.batch.Slice;
import dev.restbus.broker.log.compaction.BatchFilter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What takes the place of some segments, while it is written: batches in order, and one batch
 * without records for each row of emptied ones, so that every batch goes on beginning where the one
 * before it ended. An emptied batch of an idempotent producer stays by itself, for the sequence
 * number in it. One thread.
 */
final class CleanedSegment implements Closeable {

    private static final int BUFFER_BYTES = 1 << 20;

    private final Segment segment;
    private final List<Slice> buffered = new ArrayList<>();
    private int bufferedBytes;

    private long holeBase = -1;
    private long holeEnd;
    private int holeEpoch;

    CleanedSegment(Disk disk, Path folder, long base, LeaderEpochs epochs) throws IOException {
        Path path = SegmentSwap.cleaned(folder, base);
        this.segment = new Segment(disk, folder, base, path, epochs, 0);
        segment.beginAnew();
    }

    /** What it takes the place of, once it is finished. */
    SegmentSwap swap() {
        return new SegmentSwap(segment.baseOffset(), segment.endOffset());
    }

    long sizeBytes() {
        return segment.sizeBytes() + bufferedBytes;
    }

    /** What is known of where its batches are. */
    SegmentIndex index() {
        return segment.index();
    }

    /** Adds a batch, which is copied. */
    void add(Slice batch) throws IOException {
        byte[] bytes = batch.bytes();
        boolean empty = RecordBatch.recordCount(bytes, batch.at()) == 0;
        if (empty && Bytes.getLong(bytes, batch.at() + RecordBatch.PRODUCER_ID_AT) < 0) {
            addHole(
                    RecordBatch.baseOffset(bytes, batch.at()),
                    RecordBatch.nextOffset(bytes, batch.at()),
                    RecordBatch.leaderEpoch(bytes, batch.at()));
        } else {
            endHole();
            buffer(batch.copy());
        }
    }

    private void addHole(long base, long end, int epoch) throws IOException {
        if (holeBase < 0 || epoch != holeEpoch || end - holeBase > Integer.MAX_VALUE) {
            endHole();
            holeBase = base;
            holeEpoch = epoch;
        }
        holeEnd = end;
    }

    private void endHole() throws IOException {
        if (holeBase >= 0) {
            buffer(BatchFilter.hole(holeBase, holeEnd, holeEpoch));
            holeBase = -1;
        }
    }

    private void buffer(byte[] batch) throws IOException {
        buffered.add(Slice.of(batch));
        bufferedBytes += batch.length;
        if (bufferedBytes >= BUFFER_BYTES) {
            flush();
        }
    }

    private void flush() throws IOException {
        segment.write(buffered);
        buffered.forEach(segment::grow);
        buffered.clear();
        bufferedBytes = 0;
    }

    /** Writes what is left and forces all of it. */
    void finish(long endOffset) throws IOException {
        endHole();
        flush();
        segment.force();
        segment.endAt(endOffset);
    }

    @Override
    public void close() throws IOException {
        segment.close();
    }
}
