package adreporting.formats;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/** Any bytes, guided by coverage, against Flink's own json decoder: {@code make fuzz}. Not among the ordinary tests. */
class Fuzz {

    private static final RowType COLUMNS = Decoders.ALL_KINDS;

    private final DeserializationSchema<RowData> guarded = Decoders.guarded(COLUMNS, TimestampForm.SQL);
    private final DeserializationSchema<RowData> flinks = Decoders.flinks(COLUMNS, TimestampForm.SQL);

    @FuzzTest(maxDuration = "5m")
    void anyBytes(byte[] message) throws IOException {
        Comparison.compare(COLUMNS, TimestampForm.SQL, guarded, flinks, message);
    }
}
