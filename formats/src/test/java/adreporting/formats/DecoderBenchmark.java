package adreporting.formats;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.formats.json.JsonParserRowDataDeserializationSchema;
import org.apache.flink.table.data.RowData;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * ns and bytes allocated a message: ours, Flink's json as it ships (streaming) and its tree variant, over the view events
 * that the producer makes, with the columns that view_report declares. {@code make bench-formats}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
public class DecoderBenchmark {

    private static final int MESSAGES = 1024;

    @Param({"guarded", "flink", "flink-tree"})
    public String decoder;

    private final byte[][] messages = new byte[MESSAGES][];
    private DeserializationSchema<RowData> schema;

    @Setup
    public void prepare() throws Exception {
        java.util.Random random = new java.util.Random(1);
        for (int i = 0; i < MESSAGES; i++) {
            String message =
                    String.format(
                            "{\"view_id\":\"%016x%016x\",\"start_timestamp\":\"2026-11-22 16:%02d:%02d.%03d\","
                                    + "\"end_timestamp\":\"2026-11-22 16:%02d:%02d.%03d\",\"banner_id\":%d,\"campaign_id\":%d}",
                            random.nextLong(), random.nextLong(),
                            random.nextInt(60), random.nextInt(60), random.nextInt(1000),
                            random.nextInt(60), random.nextInt(60), random.nextInt(1000),
                            random.nextInt(1_000_000_000), random.nextInt(1000));
            messages[i] = message.getBytes(StandardCharsets.UTF_8);
        }
        schema =
                switch (decoder) {
                    case "guarded" -> Decoders.guarded(Decoders.VIEW_REPORT, TimestampForm.SQL, 0, 1, 2);
                    case "flink-tree" -> Decoders.flinks(Decoders.VIEW_REPORT, TimestampForm.SQL);
                    default -> {
                        var streaming =
                                new JsonParserRowDataDeserializationSchema(
                                        Decoders.VIEW_REPORT, Decoders.anyType(), false, false, TimestampForm.SQL.flinks());
                        streaming.open(Decoders.context());
                        yield streaming;
                    }
                };
    }

    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public void decode(Blackhole hole) throws IOException {
        for (byte[] message : messages) {
            hole.consume(schema.deserialize(message));
        }
    }
}
