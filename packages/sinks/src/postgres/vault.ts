import type pg from "pg";
import type { Vault } from "@deskmirror/model";

/** The vault in `_deskmirror.vault`. */
export function createPostgresVault(pool: pg.Pool): Vault {
  return {
    async put(name, sealed) {
      const text = `insert into _deskmirror.vault values ($1, $2) on conflict (name) do update set sealed = excluded.sealed`;
      await pool.query(text, [name, sealed]);
    },
    async remove(name) {
      await pool.query("delete from _deskmirror.vault where name = $1", [name]);
    },
    async all() {
      const { rows } = await pool.query<{ name: string; sealed: string }>("select name, sealed from _deskmirror.vault");
      return new Map(rows.map(({ name, sealed }) => [name, sealed]));
    },
  };
}
