import pg from "pg";

const LOG = "deskmirror_resurrections";

/** Makes the database write down every row of the source that comes back to life; none should, since nothing is restored in Desk. */
export async function watchResurrections(databaseUrl: string, schema: string): Promise<void> {
  await query(
    databaseUrl,
    `create table public.${LOG} (at timestamptz default clock_timestamp(), row text, died text, lives text);
    create function public.${LOG}() returns trigger language plpgsql as $$ begin
      insert into public.${LOG} (row, died, lives)
      values (tg_table_name || ' ' || old.id, old._life_version, new._life_version);
      return null;
    end $$;
    do $$ declare name text; begin
      for name in select table_name from information_schema.tables
        where table_schema = '${schema}' and table_type = 'BASE TABLE'
      loop
        execute format('create trigger ${LOG} after update on ${schema}.%I for each row
          when (old._deleted_at is not null and new._deleted_at is null) execute function public.${LOG}()', name);
      end loop;
    end $$;`,
  );
}

/** What came back to life since the last call. */
export async function takeResurrections(databaseUrl: string): Promise<readonly string[]> {
  const rows = await query(databaseUrl, `delete from public.${LOG} returning row, died, lives`);
  return rows.map(({ row, died, lives }) => `${row} came back to life (dead ${died}, alive ${lives})`);
}

async function query(databaseUrl: string, text: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, string>>(text)).rows;
  } finally {
    await client.end();
  }
}
