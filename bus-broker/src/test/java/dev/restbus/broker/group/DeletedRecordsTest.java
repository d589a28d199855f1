package dev.restbus.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.broker.group.GroupFixture.Polled;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a group goes on when the records at its place were deleted: as autoOffsetReset says. */
class DeletedRecordsTest {

    @TempDir Path folder;
    private GroupFixture bus;

    @BeforeEach
    void start() {
        bus = new GroupFixture(folder.resolve("data"));
        bus.topic("t", 1);
        bus.produce("t", 0, 10);
    }

    @AfterEach
    void stop() throws IOException {
        bus.close();
    }

    private void commitThenDelete() {
        bus.commit(null, 0, "t", 0, 2);
        assertThat(bus.leader("t", 0).deleteBefore(6)).isEqualTo(6);
    }

    @Test
    void earliestGoesOnAtTheStartOfTheLogAndCommitsFromThere() {
        commitThenDelete();
        Polled first = bus.poll("a").topics("t").max(2).get().received();
        assertThat(first.offsets()).containsExactly(6L, 7L);
        bus.poll("a").max(1).get().received();
        assertThat(bus.committed("t", 0)).isEqualTo(8);
    }

    @Test
    void latestGoesOnAtTheEnd() {
        commitThenDelete();
        assertThat(bus.poll("a").topics("t").reset(OffsetReset.LATEST).get().received().records())
                .isEmpty();
        bus.produce("t", 0, 1);
        assertThat(bus.poll("a").reset(OffsetReset.LATEST).get().offsets()).containsExactly(10L);
    }

    @Test
    void noneSaysThatThePlaceIsGone() {
        commitThenDelete();
        BusException refused =
                catchThrowableOfType(
                        BusException.class,
                        () -> bus.poll("a").topics("t").reset(OffsetReset.NONE).get());
        assertThat(refused.problem().code()).isEqualTo(ProblemCode.OFFSET_OUT_OF_RANGE);
        assertThat(refused.problem().extra()).containsEntry("logStartOffset", 6L);
    }

    @Test
    void aMemberInTheMiddleOfItsReadingStepsOverWhatWasDeleted() {
        bus.poll("a").topics("t").max(2).get().received();
        bus.leader("t", 0).deleteBefore(7);
        assertThat(bus.poll("a").get().received().offsets()).containsExactly(7L, 8L, 9L);
    }

    @Test
    void afterARestartTheLogStartsWhereItDid() {
        commitThenDelete();
        bus.restart();
        assertThat(bus.leader("t", 0).logStart()).isEqualTo(6);
        assertThat(bus.poll("a").topics("t").get().offsets()).containsExactly(6L, 7L, 8L, 9L);
    }

    @Test
    void nothingIsDeletedBeyondTheHighWatermark() {
        BusException refused =
                catchThrowableOfType(BusException.class, () -> bus.leader("t", 0).deleteBefore(11));
        assertThat(refused.problem().code()).isEqualTo(ProblemCode.OFFSET_BEYOND_LOG_END);
        assertThat(bus.leader("t", 0).logStart()).isZero();
    }
}
