package adreporting.functions;

import java.io.IOException;
import org.apache.datasketches.hll.Union;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** A sketch in Flink's state: its length as INT, then the library's own bytes, which other versions of it can read. */
public final class UnionSerializer extends TypeSerializerSingleton<Union> {

    @Override
    public boolean isImmutableType() {
        return false;
    }

    @Override
    public Union createInstance() {
        return new Union(Sketches.LG_K);
    }

    @Override
    public Union copy(Union from) {
        return Union.heapify(from.toCompactByteArray());
    }

    @Override
    public Union copy(Union from, Union reuse) {
        return copy(from);
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public void serialize(Union union, DataOutputView target) throws IOException {
        write(union.toCompactByteArray(), target);
    }

    @Override
    public Union deserialize(DataInputView source) throws IOException {
        return Union.heapify(read(source));
    }

    @Override
    public Union deserialize(Union reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        // By an array, because Flink's DataOutputSerializer does not grow for what it takes from another view.
        write(read(source), target);
    }

    private static void write(byte[] bytes, DataOutputView target) throws IOException {
        target.writeInt(bytes.length);
        target.write(bytes);
    }

    private static byte[] read(DataInputView source) throws IOException {
        byte[] bytes = new byte[source.readInt()];
        source.readFully(bytes);
        return bytes;
    }

    @Override
    public TypeSerializerSnapshot<Union> snapshotConfiguration() {
        return new Snapshot();
    }

    /** There is one way to write it. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Union> {
        public Snapshot() {
            super(UnionSerializer::new);
        }
    }
}
